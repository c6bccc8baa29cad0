import { gpuOf, isAlive, isResumable, type RunView } from '../runs/facts/index.js';

/** Context keys that the views set by themselves. */
export const viewContextKeys = [
  'g2rl.runsFiltered',
  'g2rl.archivedShown',
  'g2rl.dashboardIsPreview',
] as const;

export type ContextValues = Record<string, boolean | string[]>;

/** What the window has besides its runs. */
export interface Surroundings {
  /** The workspace has an experiment file. */
  hasExperiments: boolean;
  hasStudies: boolean;
  /** A runner is at work. */
  hasActiveStudies: boolean;
}

/** The value of every context key of the extension. Pure. */
export function contextValues(runs: readonly RunView[], surroundings: Surroundings): ContextValues {
  const files = (list: readonly RunView[]) =>
    [...new Set(list.flatMap((run) => run.summary.manifest.experimentFile ?? []))].sort();
  const alive = runs.filter((run) => isAlive(run.summary.state));
  return {
    'g2rl.hasExperiments': surroundings.hasExperiments,
    'g2rl.hasStudies': surroundings.hasStudies,
    'g2rl.hasActiveStudies': surroundings.hasActiveStudies,
    'g2rl.hasRuns': runs.length > 0,
    'g2rl.hasActiveRuns': alive.length > 0,
    'g2rl.hasResumableRuns': runs.some((run) => isResumable(run.summary.state)),
    'g2rl.hasResumableGpuRuns': runs.some(
      ({ summary }) => isResumable(summary.state) && gpuOf(summary.status) !== null,
    ),
    'g2rl.hasCheckpoints': runs.some((run) => run.summary.checkpoints.length > 0),
    // Scores of the untrained policy at step 0 are none of a checkpoint.
    'g2rl.hasEvaluatedCheckpoints': runs.some((run) => run.benchmarks.some(({ step }) => step > 0)),
    'g2rl.runningExperimentFiles': files(alive),
    'g2rl.usedExperimentFiles': files(runs),
  };
}
