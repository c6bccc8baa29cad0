/** The trainer's output, `log.txt`: its end, then what it grows by. Unlike a record, half a line counts. */
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { openRegularFile, runFiles } from '../protocol/index.js';

/** Of a longer log only the end is read at first. */
const longestStartBytes = 1_000_000;

export interface LogPiece {
  text: string;
  /** Bytes before the text that were left out. */
  skippedBytes: number;
  /** True when the file became shorter: what was read before no longer counts. */
  reset: boolean;
}

export class LogTail {
  readonly file: string;
  readonly #decoder = new StringDecoder('utf8');
  #offset: number | null = null;

  constructor(runDirectory: string) {
    this.file = join(runDirectory, runFiles.log);
  }

  /** What was added since the last read. Reads must not overlap. @throws the error of the file system */
  async read(): Promise<LogPiece> {
    const {
      handle,
      stats: { size },
    } = await openRegularFile(this.file);
    try {
      const skippedBytes = this.#offset === null ? Math.max(0, size - longestStartBytes) : 0;
      const reset = this.#offset !== null && size < this.#offset;
      const start = reset ? 0 : (this.#offset ?? skippedBytes);
      const buffer = Buffer.alloc(size - start);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
      this.#offset = start + bytesRead;
      return { text: this.#decoder.write(buffer.subarray(0, bytesRead)), skippedBytes, reset };
    } finally {
      await handle.close();
    }
  }
}
