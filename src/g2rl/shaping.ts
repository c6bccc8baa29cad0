/** Reward shaping: novelty of a response's gradient scales the reward the verifier gave it. */
import type { Shaping, ShapingSettings, UniformGroups } from './settings.js';
import { explorationScores, type GroupSimilarity, groupSimilarity } from './similarity.js';

/** With less spread than this the exploration scores of a group are meaningless, and it stays unshaped. */
const degenerateSpread = 1e-6;

/**
 * The results from a group's features and rewards. Arrays have m elements unless said otherwise. The rewards of an
 * invalid group are unchanged.
 */
export interface ShapedGroup extends GroupSimilarity {
  /** ν, in [0, 1]. All 0 when the group is invalid. */
  exploration: Float64Array;
  /** Shaped reward / reward; the factor f where the reward is 0. */
  scalers: Float64Array;
  /** Shaped rewards, the input of `advantages`. */
  shaped: Float64Array;
  /** How many shaped rewards were cut by the clip. */
  clipped: number;
}

/** True when all values are equal, so that centering them leaves nothing to learn from. */
export function isUniform(values: ArrayLike<number>): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false;
  return true;
}

/** A group with all-equal rewards is correct as a whole when its reward is positive. */
function leavesUniformGroup(rewards: ArrayLike<number>, uniformGroups: UniformGroups): boolean {
  if (uniformGroups === 'all' || !isUniform(rewards)) return false;
  return uniformGroups === 'none' || rewards[0]! <= 0;
}

/**
 * Factors f of a group's rewards (paper eq. 12 and §2.5), with ν̄ the min–max normalized exploration:
 * `signed` 1 + λ(2ν̄ − 1), `unit` 1 + λν̄, `eq12` 1 + λrν̄. All 1 where the scores are indistinguishable.
 */
function rewardFactors(
  exploration: Float64Array,
  rewards: ArrayLike<number>,
  lambda: number,
  shaping: Shaping,
): Float64Array {
  const factors = new Float64Array(exploration.length).fill(1);
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of exploration) {
    smallest = Math.min(smallest, score);
    largest = Math.max(largest, score);
  }
  const spread = largest - smallest;
  if (exploration.length < 2 || spread < degenerateSpread) return factors;
  for (let i = 0; i < factors.length; i++) {
    const normalized = (exploration[i]! - smallest) / spread;
    const direction =
      shaping === 'signed' ? 2 * normalized - 1 : shaping === 'unit' ? normalized : rewards[i]! * normalized;
    factors[i] = 1 + lambda * direction;
  }
  return factors;
}

function checkGroup(features: ArrayLike<number>, dimension: number, rewards: ArrayLike<number>): void {
  const size = rewards.length;
  if (size === 0) throw new RangeError('a group needs at least one response');
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new RangeError(`the feature dimension must be a positive integer, got ${dimension}`);
  }
  if (features.length !== size * dimension) {
    throw new RangeError(
      `${size} responses with ${dimension} feature values each need ${size * dimension} values, got ${features.length}`,
    );
  }
  for (let i = 0; i < size; i++) {
    if (!Number.isFinite(rewards[i])) throw new RangeError(`rewards[${i}] is ${rewards[i]}, not a number`);
  }
}

/**
 * Similarity, exploration and shaped rewards of one group of m responses to one prompt.
 *
 * Similarity and exploration are computed for every method, because they are worth watching; only `g2rl`
 * with λ > 0 acts on them. Without shaping the rewards pass through untouched, the clip included, so that
 * λ = 0 is plain GRPO to the last bit.
 *
 * @param features m × d, row-major: each response's feature Φ
 * @param dimension d
 * @param rewards m finite rewards, −1 wrong to +1 correct
 * @throws RangeError when lengths disagree or a reward is not finite
 */
export function shapeGroup(
  features: Float32Array | Float64Array,
  dimension: number,
  rewards: ArrayLike<number>,
  settings: ShapingSettings,
): ShapedGroup {
  checkGroup(features, dimension, rewards);
  const size = rewards.length;
  const { similarity, invalid } = groupSimilarity(features, dimension, size);
  const exploration = invalid ? new Float64Array(size) : explorationScores(similarity, rewards);
  const group: ShapedGroup = {
    similarity,
    exploration,
    scalers: new Float64Array(size).fill(1),
    shaped: Float64Array.from(rewards),
    clipped: 0,
    invalid,
  };
  if (settings.method !== 'g2rl' || settings.lambda === 0) return group;

  const { clip } = settings;
  if (!invalid && !leavesUniformGroup(rewards, settings.uniformGroups)) {
    group.scalers = rewardFactors(exploration, rewards, settings.lambda, settings.shaping);
  }
  for (let i = 0; i < size; i++) {
    const reward = rewards[i]!;
    const scaled = reward * group.scalers[i]!;
    if (Math.abs(scaled) <= clip) {
      group.shaped[i] = scaled;
      continue;
    }
    group.shaped[i] = Math.sign(scaled) * clip;
    group.scalers[i] = group.shaped[i]! / reward;
    group.clipped++;
  }
  return group;
}
