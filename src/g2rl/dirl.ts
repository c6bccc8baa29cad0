/** DiRL (arXiv 2606.10346): novelty along a direction of reasoning is rewarded otherwise than novelty against it. */
import type { MemorySign, ShapingSettings } from './settings.js';
import {
  checkGroup,
  leavesUniformGroup,
  normalized,
  relativeRewards,
  type ShapedGroup,
  scaledGroup,
  unshapedGroup,
} from './shaping.js';
import { explorationScores, groupSimilarity } from './similarity.js';

export interface DirlSettings extends Pick<ShapingSettings, 'lambda' | 'uniformGroups' | 'clip'> {
  memorySign: MemorySign;
}

/**
 * Factors f: in each part by its own min–max normalized exploration, 1 where that cannot be told.
 * @param relative ρ
 */
function dirlFactors(
  exploration: Float64Array,
  reasons: readonly boolean[],
  relative: Float64Array,
  { lambda, memorySign }: DirlSettings,
): Float64Array {
  const factors = new Float64Array(relative.length).fill(1);
  for (const part of [true, false]) {
    const members = reasons.flatMap((reasoning, i) =>
      reasoning === part && !Number.isNaN(relative[i]) ? [i] : [],
    );
    const novelty = normalized(Float64Array.from(members, (i) => exploration[i]!));
    if (novelty === null) continue;
    const sign = part || memorySign === 'code' ? 1 : -1;
    for (const [place, i] of members.entries())
      factors[i] = 1 + sign * lambda * relative[i]! * novelty[place]!;
  }
  return factors;
}

/**
 * Similarity, exploration and shaped rewards of one group of m responses.
 *
 * The group splits into R, the responses along the direction (s > 0), and M, those against it (s ≤ 0). ν compares a
 * response of R with the others of R, and one of M with R alone, with the softmax of the rewards of those it is compared
 * with as weights; without any it is 1. ν̄ is ν by min–max inside each part, 0 in a part of one or without spread (which
 * M is when R is empty). f = 1 + λρν̄ in R; in M 1 − λρν̄ (`paper`) or 1 + λρν̄ (`code`). Groups of equal rewards and the
 * clip are treated as by `shapeGroup`, and with λ = 0 the rewards are untouched.
 *
 * @param features m × d, row-major: each response's feature Φ, its tokens weighted by the direction
 * @param dimension d
 * @param alignment m values s: the mean hidden state's product with the direction
 * @param rewards m finite rewards, such as −1 wrong and +1 correct, or NaN for a response that is left out
 * @throws RangeError when lengths disagree or a reward is infinite
 */
export function shapeDirl(
  features: Float32Array | Float64Array,
  dimension: number,
  alignment: ArrayLike<number>,
  rewards: ArrayLike<number>,
  settings: DirlSettings,
): ShapedGroup {
  checkGroup(features, dimension, rewards);
  const size = rewards.length;
  if (alignment.length !== size) {
    throw new RangeError(`${size} rewards need as many alignments, got ${alignment.length}`);
  }
  const s = Float64Array.from(alignment);
  const { similarity, invalid: unusable } = groupSimilarity(features, dimension, size);
  const invalid = unusable || !s.every(Number.isFinite);
  if (invalid) {
    const geometry = { similarity: new Float64Array(size * size), invalid };
    return unshapedGroup(geometry, new Float64Array(size), rewards);
  }
  const reasons = Array.from(s, (value) => value > 0);
  const relative = relativeRewards(rewards);
  const exploration = explorationScores(similarity, relative, (_, other) => reasons[other] === true);
  const group = unshapedGroup({ similarity, invalid }, exploration, rewards);
  if (settings.lambda === 0) return group;
  const factors = leavesUniformGroup(rewards, settings.uniformGroups)
    ? group.scalers
    : dirlFactors(exploration, reasons, relative, settings);
  return scaledGroup(group, rewards, factors, settings.clip);
}
