/** `g2rl check`: what is wrong with an experiment file, and what was probably not intended. */
import {
  ExperimentError,
  type ExperimentProblem,
  formatProblem,
  loadExperiment,
} from '../experiment/index.js';
import { loadOptions, warningLine } from './context.js';

export interface CheckOptions {
  set?: string[];
  json?: boolean;
}

/** @returns 1 when it cannot be run */
export async function check(file: string, { set = [], json = false }: CheckOptions): Promise<number> {
  let problems: readonly ExperimentProblem[] = [];
  let warnings: readonly ExperimentProblem[];
  try {
    warnings = loadExperiment(file, loadOptions(set)).warnings;
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    ({ problems, warnings } = error);
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ runnable: problems.length === 0, problems, warnings })}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`error: ${formatProblem(problem)}\n`);
    for (const warning of warnings) process.stdout.write(`${warningLine(warning)}\n`);
    if (problems.length + warnings.length === 0) process.stdout.write('No problems found.\n');
  }
  return problems.length > 0 ? 1 : 0;
}
