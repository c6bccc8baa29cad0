/** What is wrong with a study when its variants are seen together: the same twice, engines mixed, scores missing. */
import { t } from '@vscode/l10n';
import {
  type Experiment,
  type ExperimentDocument,
  type ExperimentProblem,
  nearestHint,
  remove,
  setTo,
} from '../../experiment/index.js';
import { describeDifference, settingDifferences } from './differences.js';
import { choices } from './own-problems.js';
import type { PlannedArm } from './points.js';
import type { Study } from './schema.js';

/** @param benchmark the one that decides; undefined when there is none */
export function armProblems(
  arms: readonly PlannedArm[],
  { step }: Study['score'],
  benchmark: string | undefined,
  document: ExperimentDocument,
): ExperimentProblem[] {
  return [
    ...twins(arms, document),
    ...mixedEngines(arms, document),
    ...unscored(arms, benchmark, document),
    ...(typeof step === 'number' ? unscoredStep(arms, step, document) : []),
  ];
}

/** Arms whose experiments are the same would be compared with themselves. */
function twins(arms: readonly PlannedArm[], document: ExperimentDocument): ExperimentProblem[] {
  const byContent = new Map<string, PlannedArm>();
  return arms.flatMap((arm) => {
    const { $schema, name, description, ...settings } = arm.experiment;
    const content = JSON.stringify(settings);
    const twin = byContent.get(content);
    byContent.set(content, twin ?? arm);
    if (!twin) return [];
    const place = ['variants', arm.variant];
    const message = t(
      'variants.{0}: "{1}" and "{2}" are the same experiment',
      arm.variant,
      arm.name,
      twin.name,
    );
    const hint = t('Change a setting of one of them, or remove it.');
    return [document.problem(place, message, hint, { at: 'key', fixes: [remove(place)] })];
  });
}

/** Scores of two engines do not differ by the method alone. */
function mixedEngines(
  [first, ...others]: readonly PlannedArm[],
  document: ExperimentDocument,
): ExperimentProblem[] {
  const other = others.find(({ experiment }) => experiment.engine !== first?.experiment.engine);
  if (!first || !other) return [];
  const [difference] = settingDifferences([first, other].map(({ experiment: { engine } }) => ({ engine })));
  const message = t(
    '"{0}" and "{1}" would run on different engines: {2}',
    first.name,
    other.name,
    describeDifference(difference!),
  );
  const hint = t('Give all of them the same "engine".');
  return [document.problem(['variants', other.variant], message, hint, { at: 'key' })];
}

/** Every arm must be scored on the benchmark that decides. */
function unscored(
  arms: readonly PlannedArm[],
  benchmark: string | undefined,
  document: ExperimentDocument,
): ExperimentProblem[] {
  for (const { name, experiment } of arms) {
    const scored = experiment.evaluation.benchmarks.map((request) => request.name);
    if (benchmark !== undefined && scored.includes(benchmark)) continue;
    const message =
      benchmark === undefined
        ? t('score: the experiment is evaluated on no benchmark')
        : t('score.benchmark: "{0}" is not evaluated on "{1}"', name, benchmark);
    const hint =
      scored.length === 0
        ? t('Add one under "evaluation.benchmarks" of the experiment.')
        : nearestHint(benchmark ?? '', scored) || t('It is evaluated on {0}.', scored.join(', '));
    const fixes = choices(['score', 'benchmark'], benchmark ?? '', scored);
    return [document.problem(['score', 'benchmark'], message, hint, { fixes })];
  }
  return [];
}

/** Every arm must be scored at the step that decides. */
function unscoredStep(
  arms: readonly PlannedArm[],
  step: number,
  document: ExperimentDocument,
): ExperimentProblem[] {
  for (const { name, experiment } of arms) {
    const { steps } = experiment.optimization;
    const { every } = experiment.evaluation;
    if (step === 0 || step === steps || (step < steps && every > 0 && step % every === 0)) continue;
    const message =
      step > steps
        ? t('score.step: "{0}" ends at step {1}, before step {2}', name, steps, step)
        : t('score.step: "{0}" is not evaluated at step {1}', name, step);
    const hint =
      every > 0 && every < steps
        ? t('It is evaluated before the first step, every {0} steps and at step {1}.', every, steps)
        : t('It is evaluated before the first step and at step {0}.', steps);
    const place = ['score', 'step'];
    const fixes = [nearestStep(step, experiment), 'last'].map((value) => setTo(place, value));
    return [document.problem(place, message, hint, { fixes })];
  }
  return [];
}

/** The step with an evaluation that is nearest to the given one, after the first. */
function nearestStep(step: number, { optimization: { steps }, evaluation: { every } }: Experiment): number {
  const periodic = every > 0 ? Math.max(1, Math.round(step / every)) * every : steps;
  return Math.min(steps, periodic);
}
