/** Some steps of `metrics.jsonl`, evenly over the file, for pictures of a few hundred pixels. */
import type { SeriesColumns } from '../../series/index.js';
import { errorCode, openRegularFile, runFileError } from '../protocol/index.js';
import { SeriesLines } from './metrics-tail.js';

/** A file of up to this size is read whole. */
const wholeBytes = 2 ** 20;
const places = 256;
/** Of each place: it has a whole line or two in it. */
const placeBytes = 4096;
const newline = 0x0a;

/** A file that is not there is an empty one. @throws {RunFileError} */
export async function readSketch(file: string): Promise<SeriesColumns> {
  const lines = new SeriesLines();
  try {
    const {
      handle,
      stats: { size },
    } = await openRegularFile(file);
    try {
      const isWhole = size <= wholeBytes;
      const length = isWhole ? size : placeBytes;
      const bytes = Buffer.alloc(length);
      for (let place = 0; place < (isWhole ? 1 : places); place++) {
        const offset = isWhole ? 0 : Math.floor(((size - length) * place) / (places - 1));
        const { bytesRead } = await handle.read(bytes, 0, length, offset);
        takeLines(lines, bytes.subarray(0, bytesRead), offset === 0);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw runFileError(error, 'read', file);
  }
  return lines.columns;
}

/** @param isStart whether the first line of the bytes is a whole one */
function takeLines(lines: SeriesLines, bytes: Buffer, isStart: boolean): void {
  let start = isStart ? 0 : bytes.indexOf(newline) + 1;
  for (let end = bytes.indexOf(newline, start); end !== -1; end = bytes.indexOf(newline, start)) {
    if (start > 0 || isStart) lines.take(bytes.subarray(start, end));
    start = end + 1;
  }
}
