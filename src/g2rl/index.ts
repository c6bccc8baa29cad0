/** The method: response features, their similarity, exploration scores, reward shaping and advantages, as pure functions. */
export { advantages } from './advantages.js';
export { shapeDirl } from './dirl.js';
export { shapeEvolRl } from './evol-rl.js';
export { lambdaOfStep } from './lambda.js';
export { passAtKAdvantages } from './pass-at-k.js';
export { type ShapedGroup, shapeGroup } from './shaping.js';
export { groupSimilarity, logDeterminant } from './similarity.js';
export {
  groupMetrics,
  idleShaping,
  pairStatistics,
  similarityHistogram,
  upperTriangle,
} from './statistics.js';
