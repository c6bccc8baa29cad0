/** Reward shaping: novelty of a response's gradient scales the reward the verifier gave it. */
import type { Shaping, ShapingSettings, UniformGroups } from './settings.js';
import { explorationScores, type GroupSimilarity, groupSimilarity } from './similarity.js';

/** With less spread than this the exploration scores of a group are meaningless, and it stays unshaped. */
const degenerateSpread = 1e-6;

/**
 * The results from a group's features and rewards. Arrays have m elements unless said otherwise. The rewards of an
 * invalid group are unchanged. A response whose reward is NaN is left out: nothing of the others depends on it.
 */
export interface ShapedGroup extends GroupSimilarity {
  /** ν, in [0, 1]. All 0 when the group is invalid. */
  exploration: Float64Array;
  /** Shaped reward / reward; the factor f where the reward is 0, 1 of a response that is left out. */
  scalers: Float64Array;
  /** Shaped rewards, the input of `advantages`; NaN of a response that is left out. */
  shaped: Float64Array;
  /** How many shaped rewards were cut by the clip. */
  clipped: number;
}

/** Rewards of those responses that have one. */
export const present = (rewards: ArrayLike<number>): number[] =>
  Array.from(rewards).filter((reward) => !Number.isNaN(reward));

/** True when all values that are there are equal, so that centering them leaves nothing to learn from. */
export function isUniform(values: ArrayLike<number>): boolean {
  const known = present(values);
  return known.every((value) => value === known[0]);
}

/**
 * s = max(1, max|r|): shaping acts on ρ = r / s, which is r for the rewards of the paper, so that rewards of any scale
 * have the weights, factors and clip of rewards from −1 to 1, and larger ones are shaped alike whatever their unit.
 */
const scaleOf = (rewards: ArrayLike<number>): number => Math.max(1, ...present(rewards).map(Math.abs));

/** ρ: rewards of at most 1 in size, NaN where there is none. */
export function relativeRewards(rewards: ArrayLike<number>): Float64Array {
  const scale = scaleOf(rewards);
  return Float64Array.from(rewards, (reward) => reward / scale);
}

/** A group with all-equal rewards is correct as a whole when its reward is positive. */
export function leavesUniformGroup(rewards: ArrayLike<number>, uniformGroups: UniformGroups): boolean {
  if (uniformGroups === 'all' || !isUniform(rewards)) return false;
  return uniformGroups === 'none' || !(present(rewards)[0]! > 0);
}

/** Values moved to [0, 1] by their smallest and largest; null where they can hardly be told apart. NaN stays NaN. */
export function normalized(values: Float64Array): Float64Array | null {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  const spread = largest - smallest;
  if (!(spread >= degenerateSpread)) return null;
  return values.map((value) => (value - smallest) / spread);
}

/**
 * Factors f of a group's rewards (paper eq. 12 and §2.5), with ν̄ the min–max normalized exploration:
 * `signed` 1 + λ(2ν̄ − 1), `unit` 1 + λν̄, `eq12` 1 + λρν̄. All 1 where the scores are indistinguishable.
 *
 * @param relative ρ
 */
function rewardFactors(
  exploration: Float64Array,
  relative: Float64Array,
  lambda: number,
  shaping: Shaping,
): Float64Array {
  const novelty = normalized(exploration.map((value, i) => (Number.isNaN(relative[i]) ? Number.NaN : value)));
  if (novelty === null) return new Float64Array(exploration.length).fill(1);
  return novelty.map((value, i) => {
    const direction =
      shaping === 'signed' ? 2 * value - 1 : shaping === 'unit' ? value : relative[i]! * value;
    return 1 + lambda * direction;
  });
}

/** @throws RangeError when lengths disagree or a reward is infinite */
export function checkGroup(features: ArrayLike<number>, dimension: number, rewards: ArrayLike<number>): void {
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
    if (!Number.isFinite(rewards[i]) && !Number.isNaN(rewards[i]))
      throw new RangeError(`rewards[${i}] is ${rewards[i]}, not a number`);
  }
}

/** A group as it is without shaping. */
export function unshapedGroup(
  geometry: GroupSimilarity,
  exploration: Float64Array,
  rewards: ArrayLike<number>,
): ShapedGroup {
  const scalers = new Float64Array(rewards.length).fill(1);
  return { ...geometry, exploration, scalers, shaped: Float64Array.from(rewards), clipped: 0 };
}

/** The group with its rewards multiplied by factors f and clipped to [-clip, clip], in units of their scale s. */
export function scaledGroup(
  group: ShapedGroup,
  rewards: ArrayLike<number>,
  factors: Float64Array,
  clip: number,
): ShapedGroup {
  const scale = scaleOf(rewards);
  const result = { ...group, scalers: factors.slice(), shaped: Float64Array.from(rewards), clipped: 0 };
  for (let i = 0; i < rewards.length; i++) {
    const reward = rewards[i]!;
    if (Number.isNaN(reward)) {
      result.scalers[i] = 1;
      continue;
    }
    const scaled = (reward / scale) * factors[i]!;
    if (Math.abs(scaled) <= clip) {
      result.shaped[i] = reward * factors[i]!;
      continue;
    }
    result.shaped[i] = Math.sign(scaled) * clip * scale;
    result.scalers[i] = result.shaped[i]! / reward;
    result.clipped++;
  }
  return result;
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
 * @param rewards m finite rewards, such as −1 wrong and +1 correct, or NaN for a response that is left out
 * @throws RangeError when lengths disagree or a reward is infinite
 */
export function shapeGroup(
  features: Float32Array | Float64Array,
  dimension: number,
  rewards: ArrayLike<number>,
  settings: ShapingSettings,
): ShapedGroup {
  checkGroup(features, dimension, rewards);
  const { method, lambda, shaping, uniformGroups, clip } = settings;
  const geometry = groupSimilarity(features, dimension, rewards.length);
  const relative = relativeRewards(rewards);
  const exploration = geometry.invalid
    ? new Float64Array(rewards.length)
    : explorationScores(geometry.similarity, relative);
  const group = unshapedGroup(geometry, exploration, rewards);
  if (method !== 'g2rl' || lambda === 0) return group;
  const isShaped = !geometry.invalid && !leavesUniformGroup(rewards, uniformGroups);
  const factors = isShaped ? rewardFactors(exploration, relative, lambda, shaping) : group.scalers;
  return scaledGroup(group, rewards, factors, clip);
}
