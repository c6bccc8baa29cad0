/** How far a run is: steps, the time left, what its trainer does at the moment. */
import { t } from '@vscode/l10n';
import { formatDuration } from './format.js';
import type { RunSummary } from './run-summary.js';
import { stateText } from './state.js';

/** Finished and planned steps, and the share of them that is done (0 to 1). Logs may not say how many are planned: 0. */
export function progress({ status, manifest }: RunSummary): { step: number; total: number; share: number } {
  const step = status?.step ?? 0;
  // A trainer that still loads says 0: it does not know yet.
  const total = status?.totalSteps || manifest.experiment.optimization.steps || 0;
  return { step, total, share: total > 0 ? Math.min(1, step / total) : 0 };
}

/** `34/200`, or `34` where it is not known how many are planned. */
export function stepsText(summary: RunSummary): string {
  const { step, total } = progress(summary);
  return total > 0 ? `${step}/${total}` : String(step);
}

/** Seconds until the last step at the recent rate, or null when that is not known or it is not on its way there. */
export function secondsLeft(summary: RunSummary): number | null {
  const rate = summary.status?.secondsPerStep;
  const isOnItsWay = summary.state === 'running' || summary.state === 'evaluating';
  const { step, total } = progress(summary);
  return rate && isOnItsWay && step < total ? (total - step) * rate : null;
}

/** `3 min 20 s left`; empty when that is not known. */
export function timeLeft(summary: RunSummary): string {
  const seconds = secondsLeft(summary);
  return seconds === null ? '' : t('{0} left', formatDuration(seconds));
}

/** What the run does at this moment, in words, where its steps are shown beside them. */
export function activity({ state, status }: Pick<RunSummary, 'state' | 'status'>): string {
  if (state === 'evaluating' && status?.evaluation) {
    const { benchmark, done, total } = status.evaluation;
    return t('evaluating {0} {1}/{2}', benchmark, done, total);
  }
  if (state === 'lost') return t('lost: its process ended without a final status');
  return stateText(state);
}
