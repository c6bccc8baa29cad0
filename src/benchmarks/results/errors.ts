/** Results that cannot be read: says which file, line and field, and how to mend it. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
  constructor(
    message: string,
    /** What to do about it, as a sentence. */
    readonly hint: string,
  ) {
    super(message);
  }
}
