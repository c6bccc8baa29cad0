/**
 * Lines of flat JSON objects of numbers, read from their bytes into columns. Several times faster than JSON.parse, for
 * no line becomes text or an object, and names are compared with those of the line before.
 */
import type { SeriesColumns } from './columns.js';
import { decimal } from './decimal.js';

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const comma = 0x2c;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const zero = 0x30;
const letterE = 0x65;

/** Digits that are gathered in one number; those behind in another. */
const highDigits = 1e14;

interface Field {
  name: string;
  /** The name in its quotes, and the colon. */
  bytes: Uint8Array;
  /** Of its column; −1 before its first number. */
  id: number;
}

export class LineScanner {
  #fields: Field[] = [];
  #known = new Map<string, Field>();
  /** The names of the values. */
  #line: Field[] = [];
  #ids = new Int32Array(64);
  #values = new Float64Array(64);
  /** Where the scanner stands in the line, after a part that it could read; −1 after one that it could not. */
  #at = 0;

  constructor(private readonly columns: SeriesColumns) {}

  /** The columns were reset: their names have other numbers. */
  reset(): void {
    this.#fields = [];
    this.#known.clear();
  }

  /**
   * Takes in a line and returns its step. Null, and nothing is taken, for one that is anything else than an object of
   * numbers and nulls whose first name is `step`: it may still be JSON.
   */
  take(line: Buffer): number | null {
    const count = this.#scan(line);
    const step = this.#values[0]!;
    if (count === 0 || !Number.isInteger(step)) return null;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      const field = this.#line[index]!;
      const value = this.#values[index]!;
      if (field.id < 0) {
        if (Number.isNaN(value)) continue;
        field.id = this.columns.idOf(field.name);
      }
      this.#ids[kept] = field.id;
      this.#values[kept++] = value;
    }
    this.columns.put(this.#ids, this.#values, kept);
    return step;
  }

  /** How many values there are; 0 for a line that is not understood. */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over the bytes; calls would cost more than it does.
  #scan(line: Buffer): number {
    if (line[0] !== openBrace) return 0;
    let at = 1;
    let count = 0;
    for (let index = 0; ; index++) {
      while (line[at] === space) at++;
      const field = this.#fieldAt(line, at, index);
      if (!field || (index === 0 && field !== this.#known.get('step'))) return 0;
      at = this.#at;
      while (line[at] === space) at++;
      const value = this.#valueAt(line, at);
      at = this.#at;
      if (at < 0) return 0;
      this.#line[count] = field;
      this.#values[count] = value;
      if (++count === this.#values.length) this.#makeRoom();
      while (line[at] === space) at++;
      if (line[at] === comma) at++;
      else return line[at] === closeBrace && at === line.length - 1 ? count : 0;
    }
  }

  #makeRoom(): void {
    const { length } = this.#values;
    const values = new Float64Array(2 * length);
    values.set(this.#values);
    const ids = new Int32Array(2 * length);
    ids.set(this.#ids);
    [this.#values, this.#ids] = [values, ids];
  }

  /** The name that stands here, and the colon after it. */
  #fieldAt(line: Buffer, at: number, index: number): Field | null {
    const expected = this.#fields[index];
    if (expected) {
      const { bytes } = expected;
      let same = 0;
      while (same < bytes.length && line[at + same] === bytes[same]) same++;
      if (same === bytes.length) {
        this.#at = at + same;
        return expected;
      }
    }
    if (line[at] !== quote) return null;
    let end = at + 1;
    for (; end < line.length && line[end] !== quote; end++) {
      // Rare names are left to JSON.parse.
      if (line[end] === backslash || line[end]! < space || line[end]! > 0x7e) return null;
    }
    if (line[end] !== quote || line[end + 1] !== colon) return null;
    const name = line.toString('latin1', at + 1, end);
    let field = this.#known.get(name);
    if (!field) {
      field = { name, bytes: Uint8Array.from(line.subarray(at, end + 2)), id: -1 };
      this.#known.set(name, field);
    }
    this.#fields[index] = field;
    this.#at = end + 2;
    return field;
  }

  /** The number that stands here, as JSON writes it; NaN for null. */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one pass over the bytes; calls would cost more than it does.
  #valueAt(line: Buffer, start: number): number {
    let at = start;
    const negative = line[at] === minus;
    if (negative) at++;
    const first = line[at]! - zero;
    if (!(first >= 0 && first <= 9)) return this.#nullAt(line, at, negative);
    let high = 0;
    let low = 0;
    let more = 0;
    let point = -1;
    for (const whole = at; ; at++) {
      const digit = line[at]! - zero;
      if (digit >= 0 && digit <= 9) {
        if (high < highDigits) high = high * 10 + digit;
        else {
          low = low * 10 + digit;
          more++;
        }
      } else if (line[at] === dot && point < 0) {
        if (first === 0 && at > whole + 1) return this.#nothing();
        point = at;
      } else {
        if (point < 0 ? first === 0 && at > whole + 1 : at === point + 1) return this.#nothing();
        break;
      }
    }
    let exponent = point < 0 ? 0 : point + 1 - at;
    if ((line[at]! | space) === letterE) {
      const sign = line[++at] === minus ? -1 : 1;
      if (line[at] === minus || line[at] === plus) at++;
      const digits = at;
      let power = 0;
      for (let digit = line[at]! - zero; digit >= 0 && digit <= 9; digit = line[++at]! - zero) {
        power = power * 10 + digit;
      }
      if (at === digits) return this.#nothing();
      exponent += sign * power;
    }
    this.#at = at;
    const size = decimal(high, low, more, exponent);
    if (Number.isNaN(size)) return Number(line.toString('latin1', start, at));
    return negative ? -size : size;
  }

  #nullAt(line: Buffer, at: number, negative: boolean): number {
    const isNull =
      !negative &&
      line[at] === 0x6e &&
      line[at + 1] === 0x75 &&
      line[at + 2] === 0x6c &&
      line[at + 3] === 0x6c;
    this.#at = isNull ? at + 4 : -1;
    return Number.NaN;
  }

  #nothing(): number {
    this.#at = -1;
    return Number.NaN;
  }
}
