/** Facts about a run, each with one meaning for the editor, the terminal and the pages. Pure. */
export { judgeReward } from '../../reward-names.js';
export { dayOf, dayText } from './day.js';
export { distinguish, runTitle } from './distinguish.js';
export { isForeign, saidSettings, unsaid } from './foreign.js';
export {
  escapeMarkdown,
  formatAgo,
  formatBytes,
  formatCompact,
  formatDifference,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRate,
  oneLine,
} from './format.js';
export {
  flatRewards,
  isFlat,
  isJudged,
  isRated,
  isRight,
  isSilent,
  ownRewards,
  rewardsText,
  rewardWeights,
} from './group-rewards.js';
export { mergeBenchmarks, mergeSteps, rangesOf, type StepRange, stepsIn } from './merge.js';
export { formatMetric } from './metric-text.js';
export { activity, progress, stepsText, timeLeft } from './progress.js';
export { type PromptKind, promptKinds } from './prompt-kinds.js';
export {
  type FilterSuggestion,
  filterSuggestions,
  fittingSuggestions,
  lastTerm,
  runFilter,
} from './run-filter.js';
export { compareRuns, defaultRun, type OtherRun, otherRuns } from './run-lists.js';
export { type RowScore, type RunRow, rowOf } from './run-row.js';
export {
  type CheckpointSummary,
  changedFields,
  type FoundProblems,
  type FoundResponses,
  type ProblemOverview,
  type ResponseHit,
  type RunSummary,
  type RunView,
  type StepRollouts,
} from './run-summary.js';
export { type BenchmarkScores, gain, headlineScores, isSolved, scores } from './scores.js';
export { excerptOf, longestSearch, searchPattern } from './search-pattern.js';
export { gpuOf, hasEnded, isAlive, isResumable, shownState, stateText } from './state.js';
export { type Span, visibleSpan, visibleText } from './visible-text.js';
