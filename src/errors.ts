/** Errors that are meant for people, and how any error is shown: one base class, one text. */

/** The part of G2RL Lab that resolves an error. The editor offers it as a button, the terminal names its command. */
export type Remedy =
  /** The torch engine's environment is looked at and installed. */
  | { kind: 'setup' }
  /** A batch script is written for the experiment. */
  | { kind: 'new-script' }
  /** The batch script of a run is shown. */
  | { kind: 'open-script'; file: string };

/**
 * An error that a person can do something about. Every class of them extends this one; anything else that is thrown
 * is a defect of this program, and is shown with where it happened.
 *
 * @example
 * export class BenchmarkError extends KnownError { override readonly name = 'BenchmarkError'; }
 */
export class KnownError extends Error {
  override readonly name: string = 'KnownError';
  readonly remedy: Remedy | null;

  constructor(
    /** One sentence that names the file, and the row and field where there is one. */
    message: string,
    /** What to do about it, as a sentence; empty when there is nothing to add. */
    readonly hint = '',
    { remedy, ...options }: ErrorOptions & { remedy?: Remedy } = {},
  ) {
    super(message, options);
    this.remedy = remedy ?? null;
  }
}

/** What people gave the engine is wrong: a policy, an experiment, a request. */
export class InputError extends KnownError {
  override readonly name = 'InputError';
}

/** The reason of any thrown value, without its hint. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The hint of an error that has one, else the given one. */
function hintOf(error: unknown, otherwise = ''): string {
  return error instanceof KnownError ? error.hint : otherwise;
}

/** The reason of any thrown value and what to do about it, on one line. */
export function errorText(error: unknown): string {
  return `${reasonOf(error)} ${hintOf(error)}`.trim();
}

/** A failure as it is recorded and sent between processes: two sentences, the second what to do. */
export type ErrorReport = { message: string; hint: string };

/** @param otherwise the hint of an error that brings none */
export function reportOf(error: unknown, otherwise = ''): ErrorReport {
  const reason = reasonOf(error);
  return { message: /[.!?…]$/.test(reason) ? reason : `${reason}.`, hint: hintOf(error) || otherwise };
}
