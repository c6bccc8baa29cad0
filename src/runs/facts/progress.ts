/** How far a run is: steps, the time left, what its trainer does at the moment. */
import type { RunSummary } from './run-summary.js';
import { isAlive } from './state.js';

/** Finished and planned steps, and the share of them that is done (0 to 1). */
export function progress({ status, manifest }: RunSummary): { step: number; total: number; share: number } {
  const step = status?.step ?? 0;
  // A trainer that still loads says 0: it does not know yet.
  const total = status?.totalSteps || manifest.experiment.optimization.steps;
  return { step, total, share: total > 0 ? Math.min(1, step / total) : 0 };
}

/** Seconds until the last step at the recent rate, or null when that is not known or nothing runs. */
export function secondsLeft(summary: RunSummary): number | null {
  const rate = summary.status?.secondsPerStep;
  if (!rate || !isAlive(summary.state)) return null;
  const { step, total } = progress(summary);
  return Math.max(0, total - step) * rate;
}

/** What the run does at this moment, in words, where its steps are shown beside them. */
export function activity({ state, status }: Pick<RunSummary, 'state' | 'status'>): string {
  if (state === 'evaluating' && status?.evaluation) {
    const { benchmark, done, total } = status.evaluation;
    return `evaluating ${benchmark} ${done}/${total}`;
  }
  if (state === 'lost') return 'lost: its process is gone';
  return state;
}
