/** The method: response features, their similarity, exploration scores, reward shaping and advantages, as pure functions. */
export { advantages } from './advantages.js';
export { feature, featureDifference, tokenCounts } from './feature.js';
export type { MethodName, RewardScale, Shaping, ShapingSettings, UniformGroups } from './settings.js';
export { isUniform, type ShapedGroup, shapeGroup } from './shaping.js';
export { explorationScores, similarityMatrix } from './similarity.js';
export {
  type GroupMetrics,
  groupMetrics,
  type PairStatistics,
  pairStatistics,
  upperTriangle,
} from './statistics.js';
