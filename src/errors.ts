/** Errors that are meant for people, and how any error is shown: one base class, one text. */
import { t } from '@vscode/l10n';

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
  /** What to do about it, as a sentence; empty when there is nothing to add. */
  readonly hint: string;
  readonly remedy: Remedy | null;

  constructor(
    /** One sentence that names the file, and the row and field where there is one. */
    message: string,
    hint = '',
    { remedy, ...options }: ErrorOptions & { remedy?: Remedy } = {},
  ) {
    super(withoutCredentials(message), options);
    this.hint = withoutCredentials(hint);
    this.remedy = remedy ?? null;
  }
}

/** What people gave the engine is wrong: a policy, an experiment, a request. */
export class InputError extends KnownError {
  override readonly name = 'InputError';
}

/** A text with `***` for names and passwords in its URLs: up to the last @ before the path. */
export function withoutCredentials(text: string): string {
  return text.replace(/(?<=:\/\/)[^\s/?#"'<>]*@/g, '***@');
}

/** The reason of any thrown value, without its hint. */
export function reasonOf(error: unknown): string {
  return withoutCredentials(error instanceof Error ? error.message : String(error));
}

/** The reason of any thrown value and what to do about it, on one line. */
export function errorText(error: unknown): string {
  const { message, hint } = explained(error, '');
  return hint === '' ? message.trim() : `${ended(message)} ${hint}`.trim();
}

/** A sentence with its full stop. */
const ended = (message: string) => (/[.!?…]$/.test(message) ? message : `${message}.`);

/** A failure as it is recorded and sent between processes: two sentences, the second what to do. */
export type ErrorReport = { message: string; hint: string };

/** @param otherwise the hint of an error that brings none */
export function reportOf(error: unknown, otherwise = ''): ErrorReport {
  const { message, hint } = explained(error, otherwise);
  return { message: ended(message), hint };
}

/** Whether it is a defect of this program: where it happened is for a log, and for no one else. */
export const isFault = (error: unknown): boolean =>
  !(error instanceof KnownError) && hintOfSystem(error) === null;

/** What people read of a defect. */
export function faultReport(reason: string): ErrorReport {
  // Some messages bring the calls that led to them.
  const [text = ''] = reason.split(/\n\s+at /);
  return {
    message: t('This is a fault of G2RL Lab: {0}', text),
    hint: t('Report it with this text and what you did, and with log.txt of the run folder if there is one.'),
  };
}

/** As it is said, without a full stop where there is none. */
function explained(error: unknown, otherwise: string): ErrorReport {
  if (error instanceof KnownError) return { message: error.message, hint: error.hint || otherwise };
  const hint = hintOfSystem(error);
  return hint === null ? faultReport(reasonOf(error)) : { message: reasonOf(error), hint };
}

/** What to do where the machine is at its limits, which is no defect; null for all other errors. */
function hintOfSystem(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  const isMemory = /out of memory|bad_alloc|allocation failed|failed to allocate/i.test(reasonOf(error));
  switch (code ?? (isMemory ? 'ENOMEM' : null)) {
    case 'ENOSPC':
      return t('The disk is full. Free some space, then try again.');
    case 'EDQUOT':
      return t('The disk quota is used up. Free some space, then try again.');
    case 'EMFILE':
    case 'ENFILE':
      return t('Too many files are open. Raise the limit (ulimit -n), then try again.');
    case 'EACCES':
    case 'EPERM':
      return t('This user may not do that. Change the permissions, then try again.');
    case 'EROFS':
      return t('That file system is read-only. Choose another folder.');
    case 'ENOMEM':
    case 'ERR_WORKER_OUT_OF_MEMORY':
      return t(
        'Memory has run out. Close other programs, or lower rollout.promptsPerStep, rollout.groupSize or rollout.maxNewTokens.',
      );
    default:
      return null;
  }
}
