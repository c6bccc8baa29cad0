/**
 * The series of a run as columns of doubles, which grow at their end: 10⁶ steps of 40 metrics are 320 MB as columns, and
 * several times that as objects. A value that a step lacks is NaN.
 */

/** One step as it was read: numbers by name; anything else in it is no series. */
export type SeriesRecord = { readonly step: number } & Readonly<Record<string, unknown>>;

const firstCapacity = 256;

export class SeriesColumns {
  readonly #columns = new Map<string, Float64Array>();
  #capacity = firstCapacity;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Names of what any step has, in the order in which they first came; `step` is the first. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /** A view of the values so far; later appends may leave it behind. Undefined for an unknown name. */
  column(name: string): Float64Array | undefined {
    return this.#columns.get(name)?.subarray(0, this.#length);
  }

  /** Takes in records, in whatever order: of a step that is there already the later record counts. */
  append(records: readonly SeriesRecord[]): void {
    for (const record of records) {
      const place = this.#placeOf(record.step);
      const isKnown = place < this.#length && this.#columns.get('step')![place] === record.step;
      if (!isKnown) this.#makeRoom(place);
      for (const column of this.#columns.values()) column[place] = Number.NaN;
      for (const [name, value] of Object.entries(record)) {
        if (typeof value === 'number') this.#of(name)[place] = value;
      }
    }
  }

  reset(): void {
    this.#columns.clear();
    this.#capacity = firstCapacity;
    this.#length = 0;
  }

  /** The first place with this step or a later one. */
  #placeOf(step: number): number {
    const steps = this.#columns.get('step');
    if (!steps || this.#length === 0 || steps[this.#length - 1]! < step) return this.#length;
    return lowerBound(steps, step, this.#length);
  }

  #makeRoom(place: number): void {
    this.#ensure(this.#length + 1);
    if (place < this.#length) {
      for (const column of this.#columns.values()) column.copyWithin(place + 1, place, this.#length);
    }
    this.#length++;
  }

  #of(name: string): Float64Array {
    const known = this.#columns.get(name);
    if (known) return known;
    const column = new Float64Array(this.#capacity).fill(Number.NaN);
    this.#columns.set(name, column);
    return column;
  }

  #ensure(length: number): void {
    if (length <= this.#capacity) return;
    this.#capacity = Math.max(length, 2 * this.#capacity);
    for (const [name, old] of this.#columns) {
      const column = new Float64Array(this.#capacity).fill(Number.NaN);
      column.set(old);
      this.#columns.set(name, column);
    }
  }
}

/** The first place of the first `length` ascending values that is not below `value`. */
export function lowerBound(values: ArrayLike<number>, value: number, length = values.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
