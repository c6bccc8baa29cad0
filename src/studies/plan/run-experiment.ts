/** The experiment of one run of a study. */
import { type Experiment, experimentSchema } from '../../experiment/index.js';
import { type SettingDifference, settingDifferences } from './differences.js';
import { armExperiment, type LoadedStudy, type StudyLoadOptions } from './load.js';
import type { Arm } from './points.js';

/** Longest name of an experiment. */
const nameLength = 64;

/** `helps-g2rl-s3`: the study, the arm and the seed, as an experiment may be called. */
function runName(study: string, arm: string, seed: number): string {
  const end = `-s${seed}`;
  const start = `${study}-${arm}`.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, nameLength - end.length);
  return `${start}${end}`;
}

/** @throws {ExperimentError} when the policy or a file that it names is gone */
export function runExperiment(
  arm: Arm,
  seed: number,
  source: StudyLoadOptions &
    Pick<LoadedStudy, 'experimentFile' | 'experimentText'> & { name: string; threads: number },
): Experiment {
  const { name, threads, ...rest } = source;
  const own = { seed, name: runName(name, arm.name, seed) };
  const experiment = armExperiment(arm, rest, own);
  return experiment.threads === 0 && threads > 0 ? { ...experiment, threads } : experiment;
}

/**
 * What makes a run another experiment than the planned one. Where and with how many threads it is computed counts only where
 * the plan says; a setting that the version of that time did not know had what is the default now, and a preset is only a name for
 * settings that stand beside it.
 */
export function differencesFromPlan(planned: Experiment, actual: Experiment): SettingDifference[] {
  const threads = planned.threads === 0 ? 0 : actual.threads;
  const device = planned.device === 'auto' ? 'auto' : actual.device;
  return settingDifferences([planned, { ...actual, threads, device }].map(withDefaults)).filter(
    ({ path }) => path !== 'method.preset',
  );
}

function withDefaults(experiment: Experiment): object {
  const parsed = experimentSchema.safeParse(experiment);
  return parsed.success ? parsed.data : experiment;
}
