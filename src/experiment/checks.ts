/** Rules between fields of one experiment, which a schema of single fields cannot state. */

import type { ExperimentDocument, FieldPath } from './document.js';
import { nearestHint } from './issues.js';
import type { ExperimentProblem } from './problems.js';
import type { Experiment } from './schema.js';
import { oversizedStep } from './sizes.js';

/** Benchmarks that are generated, and those that are downloaded. */
const generatedBenchmarks = ['countdown-test', 'countdown-validation'];
const downloadedBenchmarks = ['math500', 'amc', 'amc23', 'aime24', 'aime25', 'gpqa-diamond', 'mmlu-pro'];
export const benchmarkNames: readonly string[] = [...generatedBenchmarks, ...downloadedBenchmarks];

/** Fields that only apply to a file. */
const fileFields = ['format', 'problem', 'answer', 'id', 'choices', 'answerAs', 'answerIn'] as const;

/** Says what is wrong with a field, and what to do about it. */
export type CheckReport = (path: FieldPath, message: string, hint: string) => void;

export interface CheckReports {
  error: CheckReport;
  warn: CheckReport;
}

/** What an engine refuses or warns of in an experiment. @param experiment paths resolved */
export type EngineCheck = (experiment: Experiment, report: CheckReports) => void;

/** The rules of each engine, which the engines know and this folder does not. */
export type EngineChecks = Readonly<Record<'embedded' | 'torch', EngineCheck>>;

export interface Findings {
  errors: ExperimentProblem[];
  warnings: ExperimentProblem[];
}

/** What cannot work (errors) and what was probably not intended (warnings). @param experiment paths resolved */
export function checkExperiment(
  experiment: Experiment,
  document: ExperimentDocument,
  engineChecks: EngineChecks,
): Findings {
  const found: Findings = { errors: [], warnings: [] };
  const error: CheckReport = (path, message, hint) =>
    found.errors.push(document.problem(path, message, hint));
  const warn: CheckReport = (path, message, hint) =>
    found.warnings.push(document.problem(path, message, hint));

  const { rollout, optimization, evaluation, method, task } = experiment;
  if (rollout.promptsPerStep % optimization.minibatches !== 0) {
    error(
      ['optimization', 'minibatches'],
      `optimization.minibatches: must divide rollout.promptsPerStep (${rollout.promptsPerStep}); got ${optimization.minibatches}`,
      `Possible values: ${divisors(rollout.promptsPerStep).join(', ')}.`,
    );
  }
  const { promptsPerStep, groupSize, maxNewTokens } = rollout;
  const oversized = oversizedStep(promptsPerStep, groupSize, maxNewTokens);
  if (oversized !== null) {
    error(
      ['rollout'],
      `rollout: ${promptsPerStep} × ${groupSize} responses of up to ${maxNewTokens} tokens take ${oversized}`,
      'Lower promptsPerStep, groupSize or maxNewTokens.',
    );
  }
  checkBenchmarks(evaluation.benchmarks, error);
  if (experiment.engine !== 'auto') engineChecks[experiment.engine](experiment, { error, warn });
  if (new Set(task.numberCounts).size !== task.numberCounts.length) {
    warn(
      ['task', 'numberCounts'],
      'task.numberCounts: a count is listed twice',
      'It is drawn twice as often.',
    );
  }
  if (rollout.groupSize === 1 && experiment.engine !== 'torch') {
    warn(
      ['rollout', 'groupSize'],
      'rollout.groupSize: with one response in a group there is no advantage, so the policy learns nothing',
      'Use at least 2; 16 is usual.',
    );
  }
  if (optimization.warmupSteps >= optimization.steps) {
    warn(
      ['optimization', 'warmupSteps'],
      `optimization.warmupSteps: the warm-up (${optimization.warmupSteps}) does not end before the last step (${optimization.steps})`,
      'The learning rate never reaches its peak.',
    );
  }
  if (method.name === 'g2rl' && method.lambda === 0) {
    warn(
      ['method', 'lambda'],
      'method.lambda: with 0 g2rl is exactly grpo',
      'Use method.name "grpo", or a λ above 0.',
    );
  }
  return found;
}

function checkBenchmarks(
  benchmarks: Experiment['evaluation']['benchmarks'],
  error: (path: FieldPath, message: string, hint: string) => void,
): void {
  const seen = new Set<string>();
  benchmarks.forEach((benchmark, i) => {
    const { name, file } = benchmark;
    const path = ['evaluation', 'benchmarks', i, 'name'];
    const field = `evaluation.benchmarks[${i}].name`;
    if (file === undefined && !benchmarkNames.includes(name)) {
      const nearest = nearestHint(name, benchmarkNames);
      error(
        path,
        `${field}: there is no benchmark "${name}"`,
        nearest || `Known: ${benchmarkNames.join(', ')}. For your own problems set "file".`,
      );
    } else if (file !== undefined && generatedBenchmarks.includes(name)) {
      error(path, `${field}: the problems of "${name}" are generated`, 'Give the file another name.');
    } else if (seen.has(name)) {
      error(path, `${field}: "${name}" is listed twice`, 'Keep one of them, or give a file another "name".');
    }
    seen.add(name);
    const idle = file === undefined ? fileFields.find((key) => benchmark[key] !== undefined) : undefined;
    if (idle !== undefined) {
      error(
        ['evaluation', 'benchmarks', i, idle],
        `evaluation.benchmarks[${i}].${idle}: only a benchmark with a "file" has it`,
        'Set "file", or remove it.',
      );
    }
  });
}

function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, i) => i + 1).filter((candidate) => value % candidate === 0);
}
