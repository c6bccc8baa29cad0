/** What cannot be loaded as a benchmark: says which file, row and field, and how to mend it. */
export class BenchmarkError extends Error {
  override readonly name = 'BenchmarkError';
  constructor(
    /** One sentence that names the file, and the row and the field where there is one. */
    message: string,
    /** What to do about it, as a sentence. */
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What to show of an unknown thrown value. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
