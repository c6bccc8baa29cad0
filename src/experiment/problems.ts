/** What is wrong with an experiment file, as data that an editor can underline and a terminal can print. */
import { KnownError } from '../errors.js';
import type { QuickFix } from './fixes.js';

export interface ExperimentProblem {
  /** Absolute path of the experiment file. */
  file: string;
  /** 1-based place in the file; line 1, column 1 when the file as a whole is meant. */
  line: number;
  column: number;
  /** Length in characters of what is wrong there; 0 when unknown. */
  length: number;
  /** Dotted path of the field (`optimization.learningRate`), empty when the file as a whole is meant. */
  path: string;
  /** One plain sentence that names the field. */
  message: string;
  /** What to do about it; may be empty. */
  hint: string;
  /** `override` when the value came from `--set` and not from the file. */
  origin: 'file' | 'override';
  /** It is about the text as JSON, which every editor of JSON reports by itself. */
  ofJson?: true;
  /** The setting does nothing here; the experiment is the same without it. */
  unused?: true;
  /** Changes of the file that resolve it, the likeliest first. */
  fixes?: readonly QuickFix[];
}

/** `file:line:column: message` and the hint, for a terminal. */
export function formatProblem(problem: ExperimentProblem): string {
  const where = problem.origin === 'override' ? '--set' : `${problem.file}:${problem.line}:${problem.column}`;
  const hint = problem.hint === '' ? '' : `\n  ${problem.hint}`;
  return `${where}: ${problem.message}${hint}`;
}

/** An experiment that cannot be run. `problems` holds all that was found, in the order of the file. */
export class ExperimentError extends KnownError {
  override readonly name = 'ExperimentError';
  constructor(
    readonly file: string,
    readonly problems: readonly ExperimentProblem[],
    /** What was probably not intended, as far as it is known by then. */
    readonly warnings: readonly ExperimentProblem[] = [],
  ) {
    super(problems.map(formatProblem).join('\n'));
  }
}
