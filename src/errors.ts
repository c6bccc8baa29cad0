/** A mistake in what people gave the engine: it says which file, what is wrong and how to mend it. */
export class InputError extends Error {
  constructor(
    message: string,
    /** What to do about it, as a sentence. */
    readonly hint: string,
  ) {
    super(message);
    this.name = 'InputError';
  }
}

/** What to show of an unknown thrown value. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
