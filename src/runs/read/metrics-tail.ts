/** `metrics.jsonl` as columns, which grow with the file. */
import { LineScanner, SeriesColumns, type SeriesRecord } from '../../series/index.js';
import { type JsonObject, parseObjectWithGaps } from '../protocol/index.js';
import { LineTail } from './tail.js';

export const hasStep = (value: JsonObject): value is JsonObject & { step: number } =>
  Number.isInteger(value.step);

/** Takes in lines: numbers from their bytes, and what else Python writes from their text. */
export class SeriesLines {
  readonly columns = new SeriesColumns();
  readonly #scanner = new LineScanner(this.columns);

  reset(): void {
    this.columns.reset();
    this.#scanner.reset();
  }

  /** The step of the line; null for a line that is none. */
  take(bytes: Buffer): number | null {
    const step = this.#scanner.take(bytes);
    if (step !== null) return step;
    const value = parseObjectWithGaps(bytes);
    if (!value || !hasStep(value)) return null;
    this.columns.append([value satisfies SeriesRecord]);
    return value.step;
  }
}

export class MetricsTail {
  readonly #tail: LineTail;
  readonly #lines = new SeriesLines();
  skippedLines = 0;

  constructor(file: string) {
    this.#tail = new LineTail(file);
  }

  /** By step, ascending; of a repeated step the last line. */
  get columns(): SeriesColumns {
    return this.#lines.columns;
  }

  /** Takes in what was added. `steps` are in the order of writing. @throws {RunFileError} */
  async read(): Promise<{ steps: number[]; reset: boolean }> {
    const result = { steps: [] as number[], reset: false };
    await this.#tail.read({
      reset: () => {
        result.reset = true;
        result.steps = [];
        this.#lines.reset();
        this.skippedLines = 0;
      },
      line: (bytes) => {
        const step = this.#lines.take(bytes);
        if (step === null) this.skippedLines++;
        else result.steps.push(step);
      },
    });
    return result;
  }
}
