/** Rules between fields of one experiment, which a schema of single fields cannot state. */

import { t } from '@vscode/l10n';
import type { ExperimentDocument } from './document.js';
import { remove, setTo } from './fixes.js';
import { checkMethod } from './method-checks.js';
import { nearestHint, nearestName } from './nearest.js';
import type { ExperimentProblem } from './problems.js';
import type { CheckReport, CheckReports } from './reports.js';
import { checkRewards } from './rewards.js';
import type { Experiment } from './schema.js';
import { oversizedStep } from './sizes.js';
import { unusedSettings } from './unused.js';
import { warnOfUnusual } from './unusual.js';

/** Benchmarks that are generated, and those that are downloaded. */
const generatedBenchmarks = ['countdown-test', 'countdown-validation'];
const downloadedBenchmarks = ['math500', 'amc', 'amc23', 'aime24', 'aime25', 'gpqa-diamond', 'mmlu-pro'];
export const benchmarkNames: readonly string[] = [...generatedBenchmarks, ...downloadedBenchmarks];

/** Fields that only apply to a file. */
const fileFields = ['format', 'problem', 'answer', 'id', 'choices', 'answerAs', 'answerIn'] as const;

/** What an engine refuses or warns of in an experiment. @param experiment paths resolved */
export type EngineCheck = (experiment: Experiment, report: CheckReports) => void;

/** The rules of each engine, which the engines know and this folder does not. */
export type EngineChecks = Readonly<Record<'embedded' | 'torch', EngineCheck>>;

export interface Findings {
  errors: ExperimentProblem[];
  warnings: ExperimentProblem[];
}

/**
 * What cannot work (errors) and what was probably not intended (warnings).
 * @param experiment paths resolved
 * @param written the file's value, without defaults
 */
export function checkExperiment(
  experiment: Experiment,
  written: unknown,
  document: ExperimentDocument,
  engineChecks: EngineChecks,
): Findings {
  const found: Findings = { errors: [], warnings: [] };
  const error: CheckReport = (path, message, hint, ...fixes) =>
    found.errors.push(document.problem(path, message, hint, { fixes }));
  const warn: CheckReport = (path, message, hint, ...fixes) =>
    found.warnings.push(document.problem(path, message, hint, { fixes }));
  const unused: CheckReport = (path, message, hint, ...fixes) =>
    found.warnings.push({
      ...document.problem(path, message, hint, { at: 'property', fixes }),
      unused: true,
    });

  const { rollout, optimization, evaluation, task } = experiment;
  const { promptsPerStep, groupSize, maxNewTokens } = rollout;
  if (promptsPerStep % optimization.minibatches !== 0) {
    const path = ['optimization', 'minibatches'];
    const possible = divisors(promptsPerStep);
    const below = possible.findLast((value) => value <= optimization.minibatches) ?? 1;
    error(
      path,
      t(
        'optimization.minibatches: must divide rollout.promptsPerStep ({0}); got {1}',
        promptsPerStep,
        optimization.minibatches,
      ),
      t('Possible values: {0}.', possible.join(', ')),
      setTo(path, below),
    );
  }
  const oversized = oversizedStep(promptsPerStep, groupSize, maxNewTokens);
  if (oversized !== null) {
    error(
      ['rollout'],
      t(
        'rollout: {0} × {1} responses of up to {2} tokens take {3}',
        promptsPerStep,
        groupSize,
        maxNewTokens,
        oversized,
      ),
      t('Lower promptsPerStep, groupSize or maxNewTokens.'),
    );
  }
  checkMethod(experiment, error);
  checkRewards(experiment, error, warn);
  checkBenchmarks(evaluation.benchmarks, error);
  if (experiment.engine !== 'auto') engineChecks[experiment.engine](experiment, { error, warn, unused });
  const counts = [...new Set(task.numberCounts)];
  if (task.name === 'countdown' && counts.length !== task.numberCounts.length) {
    warn(
      ['task', 'numberCounts'],
      t('task.numberCounts: a count is listed twice'),
      t('It is drawn twice as often.'),
      setTo(['task', 'numberCounts'], counts),
    );
  }
  warnOfUnusual(experiment, warn);
  for (const { path, message, hint } of unusedSettings(experiment, written)) {
    unused(path, message, hint, remove(path));
  }
  return found;
}

function checkBenchmarks(benchmarks: Experiment['evaluation']['benchmarks'], error: CheckReport): void {
  const seen = new Set<string>();
  benchmarks.forEach((benchmark, i) => {
    const { name, file } = benchmark;
    const path = ['evaluation', 'benchmarks', i, 'name'];
    const field = `evaluation.benchmarks[${i}].name`;
    if (file === undefined && !benchmarkNames.includes(name)) {
      const nearest = nearestName(name, benchmarkNames);
      error(
        path,
        t('{0}: there is no benchmark "{1}"', field, name),
        nearestHint(name, benchmarkNames) ||
          t('Known: {0}. For your own problems set "file".', benchmarkNames.join(', ')),
        ...(nearest === undefined ? [] : [setTo(path, nearest)]),
      );
    } else if (file !== undefined && generatedBenchmarks.includes(name)) {
      error(
        path,
        t('{0}: the problems of "{1}" are generated', field, name),
        t('Give the file another name.'),
        remove(['evaluation', 'benchmarks', i, 'file']),
      );
    } else if (seen.has(name)) {
      error(
        path,
        t('{0}: "{1}" is listed twice', field, name),
        t('Keep one of them, or give a file another "name".'),
        { ...remove(['evaluation', 'benchmarks', i]), title: t('Remove this benchmark') },
      );
    }
    seen.add(name);
    const idle = file === undefined ? fileFields.find((key) => benchmark[key] !== undefined) : undefined;
    if (idle !== undefined) {
      error(
        ['evaluation', 'benchmarks', i, idle],
        t('evaluation.benchmarks[{0}].{1}: only a benchmark with a "file" has it', i, idle),
        t('Set "file", or remove it.'),
        remove(['evaluation', 'benchmarks', i, idle]),
      );
    }
  });
}

function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, i) => i + 1).filter((candidate) => value % candidate === 0);
}
