/**
 * The series of a run as columns of doubles, which grow at their end: 10⁶ steps of 40 metrics are 320 MB as columns, and
 * several times that as objects. A value that a step lacks is NaN.
 */

/** One step as it was read: numbers by name; anything else in it is no series. */
export type SeriesRecord = { readonly step: number } & Readonly<Record<string, unknown>>;

/** The numbers of one step by name. */
export type StepValues = { step: number } & Readonly<Record<string, number>>;

const firstCapacity = 256;
/** By how much columns grow that are full. */
const growth = 1.5;

export class SeriesColumns {
  readonly #ids = new Map<string, number>();
  #columns: Float64Array[] = [];
  #capacity = firstCapacity;
  #length = 0;
  #version = 0;

  get length(): number {
    return this.#length;
  }

  /** Another number whenever a value may be another one. */
  get version(): number {
    return this.#version;
  }

  /** Names of what any step has, in the order in which they first came; `step` is the first. */
  get names(): string[] {
    return [...this.#ids.keys()];
  }

  /** A view of the values so far; later appends may leave it behind. Undefined for an unknown name. */
  column(name: string): Float64Array | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#columns[id]!.subarray(0, this.#length);
  }

  /** Takes in records, in whatever order: of a step that is there already the later record counts. */
  append(records: readonly SeriesRecord[]): void {
    for (const record of records) {
      const place = this.#rowOf(record.step);
      for (const [name, value] of Object.entries(record)) {
        if (typeof value === 'number') this.#columns[this.idOf(name)]![place] = value;
      }
    }
  }

  /** The number by which `put` knows a name. It holds until the next `reset`. */
  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#columns.length;
    this.#ids.set(name, id);
    this.#columns.push(new Float64Array(this.#capacity).fill(Number.NaN));
    return id;
  }

  /** As `append`, of one step whose first `count` values stand beside the numbers of their names; its own is the first. */
  put(ids: ArrayLike<number>, values: ArrayLike<number>, count: number): void {
    const place = this.#rowOf(values[0]!);
    for (let index = 0; index < count; index++) this.#columns[ids[index]!]![place] = values[index]!;
  }

  /** The values of a step by name; null for a step that is not there. */
  record(step: number): StepValues | null {
    const steps = this.column('step');
    const place = steps ? lowerBound(steps, step) : 0;
    if (steps?.[place] !== step) return null;
    const values = [...this.#ids].map(([name, id]): [string, number] => [name, this.#columns[id]![place]!]);
    return { ...Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value))), step };
  }

  reset(): void {
    this.#ids.clear();
    this.#columns = [];
    this.#capacity = firstCapacity;
    this.#length = 0;
    this.#version++;
  }

  /** The place of a step, without any values. */
  #rowOf(step: number): number {
    this.#version++;
    const steps = this.#columns[this.idOf('step')]!;
    const isNewest = this.#length === 0 || steps[this.#length - 1]! < step;
    const place = isNewest ? this.#length : lowerBound(steps, step, this.#length);
    if (!isNewest && steps[place] === step) {
      for (const column of this.#columns) column[place] = Number.NaN;
    } else this.#makeRoom(place);
    this.#columns[0]![place] = step;
    return place;
  }

  #makeRoom(place: number): void {
    this.#ensure(this.#length + 1);
    if (place < this.#length) {
      for (const column of this.#columns) {
        column.copyWithin(place + 1, place, this.#length);
        column[place] = Number.NaN;
      }
    }
    this.#length++;
  }

  #ensure(length: number): void {
    if (length <= this.#capacity) return;
    this.#capacity = Math.ceil(Math.max(length, growth * this.#capacity));
    this.#columns = this.#columns.map((old) => {
      const column = new Float64Array(this.#capacity).fill(Number.NaN, old.length);
      column.set(old);
      return column;
    });
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
