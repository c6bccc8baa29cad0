/** The names that a growing list of records has. Each record is looked at once. */
export class MetricNames {
  readonly #names = new Set<string>();
  #first: object | undefined;
  #counted = 0;
  #list: readonly string[] = [];

  /** All names with a number, in the order in which they first came; the same list while there is no new one. */
  of(records: readonly object[]): readonly string[] {
    if (records[0] !== this.#first || records.length < this.#counted) {
      this.#names.clear();
      this.#counted = 0;
      this.#first = records[0];
    }
    const before = this.#names.size;
    // The last one may have been written again.
    for (let index = Math.max(0, this.#counted - 1); index < records.length; index++) {
      for (const [name, value] of Object.entries(records[index] ?? {})) {
        if (typeof value === 'number') this.#names.add(name);
      }
    }
    this.#counted = records.length;
    if (this.#names.size !== before || this.#list.length !== this.#names.size) this.#list = [...this.#names];
    return this.#list;
  }
}
