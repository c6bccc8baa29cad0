/** Facts about a run, each with one meaning for the editor, the terminal and the pages. Pure. */
export {
  escapeMarkdown,
  formatAgo,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRate,
  oneLine,
} from './format.js';
export { formatMetric } from './metric-text.js';
export { RunModel } from './model.js';
export type { CheckpointSummary, ProblemOverview, RunSummary } from './run-summary.js';
export {
  compareRuns,
  defaultRun,
  headlineScore,
  isAlive,
  isResumable,
  type OtherRun,
  otherRuns,
  progress,
  type RunView,
  type Score,
  scores,
  secondsLeft,
} from './run-view.js';
export { HEARTBEAT_FRESH_MILLISECONDS, hasEnded, shownState } from './state.js';
