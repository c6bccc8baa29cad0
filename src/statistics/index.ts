/** Statistics of scores over seeds and problems, pure: what may be said of a difference between variants. */
export { accuracyPosterior, type Posterior } from './bayes.js';
export type { Comparison, ScoreSummary } from './compare.js';
export { curveBand, type Sample, thinned } from './curves.js';
export { areaUnderCurve, stepsToReach } from './learning-speed.js';
export { type MetricScores, type MetricStatistics, metricStatistics } from './metric.js';
export type { SeedScores } from './scores.js';
export { comparisonSentence, isDistinguishable, meanAndDeviation } from './sentence.js';
export { mean } from './summary.js';
