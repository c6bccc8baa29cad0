/** The newest whole line of `metrics.jsonl`, read from the end of the file. */
import type { StepMetrics } from '../metrics/index.js';
import {
  errorCode,
  openQuickly,
  parseObjectWithGaps,
  runFileError,
  signOf,
  statQuickly,
} from '../protocol/index.js';
import { hasStep } from './metrics-tail.js';

/**
 * A line has about one kilobyte; of buffers below four Node keeps some. Damaged lines at the end may hide a good one
 * farther back.
 */
const portions = [3 * 1024, 32 * 1024, 2 ** 20];
const newline = 0x0a;

export class NewestLine {
  /** Null while there is none. */
  record: StepMetrics | null = null;
  #sign = '';

  constructor(private readonly file: string) {}

  /** Looks again. @returns its step where the file has changed; nothing where it has not. @throws {RunFileError} */
  async read(): Promise<number[]> {
    try {
      if (this.#sign !== '' && signOf(await statQuickly(this.file)) === this.#sign) return [];
      const { handle, stats } = await openQuickly(this.file);
      try {
        let record: StepMetrics | null = null;
        for (const portion of portions) {
          const length = Math.min(portion, stats.size);
          const bytes = Buffer.allocUnsafe(length);
          const { bytesRead } = await handle.read(bytes, 0, length, stats.size - length);
          record = newestIn(bytes.subarray(0, bytesRead), length === stats.size);
          if (record || length === stats.size) break;
        }
        this.#sign = signOf(stats);
        this.record = record;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw runFileError(error, 'read', this.file);
      this.record = null;
      this.#sign = '';
    }
    return this.record ? [this.record.step] : [];
  }
}

/** @param isWhole whether the first line of the bytes is a whole one */
function newestIn(bytes: Buffer, isWhole: boolean): StepMetrics | null {
  let end = bytes.lastIndexOf(newline);
  while (end > 0) {
    const start = bytes.lastIndexOf(newline, end - 1) + 1;
    if (start === 0 && !isWhole) return null;
    const value = parseObjectWithGaps(bytes.subarray(start, end));
    if (value && hasStep(value)) return value as StepMetrics;
    end = start - 1;
  }
  return null;
}
