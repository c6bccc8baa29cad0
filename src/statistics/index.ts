/** Statistics of scores over seeds and problems, pure: what may be said of a difference between variants. */
export { accuracyPosterior, type Posterior } from './bayes.js';
export { type Interval, type Resampling, usualResampling } from './bootstrap.js';
export { type Comparison, compareWithBaseline, type ScoreSummary, summarize } from './compare.js';
export { type CurveBand, curveBand, type Sample, thinned } from './curves.js';
export { areaUnderCurve, type ScoredStep, stepsToReach } from './learning-speed.js';
export type { SeedScores } from './scores.js';
export { comparisonSentence, isDistinguishable, meanAndDeviation } from './sentence.js';
export { interquartileMean, mean, standardDeviation } from './summary.js';
