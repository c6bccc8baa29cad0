/**
 * `metrics.jsonl` of an imported run. Logs give the values of a step in pieces, and some come late: a line is written
 * when no more are expected for it, and again as a whole when one comes after all. The last line of a step counts.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { appendLines, atomicWrite, parseObjectWithGaps } from '../runs/protocol/index.js';
import { LineTail } from '../runs/read/index.js';

/** Values that wait for the rest of their step. */
const mostWaiting = 100_000;
/** Steps that stay waiting when others are written: those that a log is likely to go on with. */
const newestWaiting = 4;
const lineBytes = 64 * 1024;

interface Waiting {
  time: number | null;
  values: Map<string, number>;
}

export class SeriesFile {
  readonly #waiting = new Map<number, Waiting>();
  #waitingValues = 0;
  /** Where the last line of each step begins. */
  readonly #places = new Map<number, number>();
  #size = 0;
  /** First and last time, Unix seconds; null where the log has none. */
  firstTime: number | null = null;
  lastTime: number | null = null;

  private constructor(readonly file: string) {}

  /** @throws RunFileError */
  static async open(file: string): Promise<SeriesFile> {
    const series = new SeriesFile(file);
    const tail = new LineTail(file);
    await tail.read({
      reset: () => {},
      line: (bytes, offset) => {
        series.#size = offset + bytes.length + 1;
        const line = parseObjectWithGaps(bytes);
        if (!line || !Number.isInteger(line.step)) return;
        series.#places.set(Number(line.step), offset);
        series.#seen(typeof line.time === 'number' ? line.time : null);
      },
    });
    return series;
  }

  /** Bytes of the whole lines in the file. */
  get size(): number {
    return this.#size;
  }

  /** Whether the file ends with a whole line. */
  get isWhole(): boolean {
    return this.#size === (existsSync(this.file) ? statSync(this.file).size : 0);
  }

  put(step: number, time: number | null, values: Iterable<readonly [name: string, value: number]>): void {
    let known = this.#waiting.get(step);
    if (!known) {
      known = { time, values: new Map() };
      this.#waiting.set(step, known);
    }
    if (time !== null) known.time = time;
    const before = known.values.size;
    for (const [name, value] of values) known.values.set(name, value);
    this.#waitingValues += known.values.size - before;
    this.#seen(time);
    if (this.#waitingValues > mostWaiting) this.flush(newestWaiting);
  }

  /** Writes what waits. @param leave how many of the newest steps go on waiting @throws RunFileError */
  flush(leave = 0): void {
    const steps = [...this.#waiting.keys()].sort((a, b) => a - b);
    const due = leave === 0 ? steps : steps.slice(0, -leave);
    const lines = due.flatMap((step) => this.#line(step));
    appendLines(this.file, lines);
    for (const line of lines) {
      this.#places.set(line.step, this.#size);
      this.#size += Buffer.byteLength(JSON.stringify(line)) + 1;
    }
    for (const step of due) {
      this.#waitingValues -= this.#waiting.get(step)?.values.size ?? 0;
      this.#waiting.delete(step);
    }
  }

  /** Drops a step and all after it. @throws RunFileError */
  forget(from: number): void {
    for (const [step, { values }] of this.#waiting) {
      if (step < from) continue;
      this.#waitingValues -= values.size;
      this.#waiting.delete(step);
    }
    const kept = [...this.#places].filter(([step]) => step < from).sort(([, a], [, b]) => a - b);
    if (kept.length === this.#places.size) return;
    const bytes = readFileSync(this.file);
    const lines: string[] = [];
    this.#places.clear();
    this.#size = 0;
    for (const [step, place] of kept) {
      const line = bytes.toString('utf8', place, bytes.indexOf(0x0a, place) + 1);
      lines.push(line);
      this.#places.set(step, this.#size);
      this.#size += Buffer.byteLength(line);
    }
    atomicWrite(this.file, lines.join(''));
  }

  /** The line of a step as it is to be written; none when it would say nothing new. */
  #line(step: number): (Record<string, number> & { step: number })[] {
    const waiting = this.#waiting.get(step);
    if (!waiting) return [];
    const { time, values } = waiting;
    const before = this.#written(step);
    const line = { ...before, step, ...(time !== null && { time }), ...Object.fromEntries(values) };
    const isNew = before === null || [...values].some(([name, value]) => before[name] !== value);
    return isNew ? [line] : [];
  }

  #written(step: number): Record<string, number> | null {
    const place = this.#places.get(step);
    if (place === undefined) return null;
    const descriptor = openSync(this.file, 'r');
    try {
      const left = fstatSync(descriptor).size - place;
      for (let length = lineBytes; ; length *= 2) {
        const bytes = Buffer.alloc(Math.min(length, left));
        readSync(descriptor, bytes, 0, bytes.length, place);
        const end = bytes.indexOf(0x0a);
        if (end >= 0) return parseObjectWithGaps(bytes.subarray(0, end)) as Record<string, number> | null;
        if (length >= left) return null;
      }
    } finally {
      closeSync(descriptor);
    }
  }

  #seen(time: number | null): void {
    if (time === null) return;
    this.firstTime = Math.min(time, this.firstTime ?? time);
    this.lastTime = Math.max(time, this.lastTime ?? time);
  }
}
