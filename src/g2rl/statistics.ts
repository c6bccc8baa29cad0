/** What a step's groups look like as numbers for people: pairs, exploration, scalers, groups without signal. */
import { isUniform, present, type ShapedGroup } from './shaping.js';
import { type GroupSimilarity, logDeterminant } from './similarity.js';

export interface PairStatistics {
  /** Unordered pairs of responses within the valid groups. */
  pairs: number;
  /** Mean S over those pairs; null when there are none. */
  meanSimilarity: number | null;
  /** Share of those pairs with S < 0; null when there are none. */
  negativePairRatio: number | null;
}

/** Mean S and the share of negative pairs, over all pairs within groups. Invalid groups have no pairs. */
export function pairStatistics(groups: Iterable<GroupSimilarity>): PairStatistics {
  let pairs = 0;
  let sum = 0;
  let negative = 0;
  for (const group of groups) {
    if (group.invalid) continue;
    const size = Math.sqrt(group.similarity.length);
    for (let i = 0; i < size; i++) {
      for (let j = i + 1; j < size; j++) {
        const cosine = group.similarity[i * size + j]!;
        pairs++;
        sum += cosine;
        if (cosine < 0) negative++;
      }
    }
  }
  return pairs === 0
    ? { pairs, meanSimilarity: null, negativePairRatio: null }
    : { pairs, meanSimilarity: sum / pairs, negativePairRatio: negative / pairs };
}

/** The part of S that says something: above the diagonal, row by row, m(m−1)/2 values. */
export function upperTriangle(similarity: Float64Array, size: number): Float64Array {
  const triangle = new Float64Array((size * (size - 1)) / 2);
  let next = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) triangle[next++] = similarity[i * size + j]!;
  }
  return triangle;
}

/** Bins of the distribution of S that is kept of an evaluation. */
const similarityBins = 20;

/**
 * Counts of values of S in equal bins from −1 to 1, each with its lower edge, the last with both. What is not finite is
 * left out. With an even number of bins S < 0 is the lower half, to the last bit.
 *
 * @param values upper triangles
 */
export function similarityHistogram(values: Iterable<number>, bins = similarityBins): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bin = Math.floor((value * bins) / 2) + bins / 2;
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

interface Range {
  mean: number;
  min: number;
  max: number;
}

function range(arrays: readonly Float64Array[]): Range {
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const values of arrays) {
    for (const value of values) {
      count++;
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return count === 0 ? { mean: 0, min: 0, max: 0 } : { mean: sum / count, min, max };
}

/** The `g2rl/…` fields of a step's metrics, without the seconds the features took. */
export interface GroupMetrics {
  'g2rl/similarity_mean': number;
  'g2rl/negative_pair_ratio': number;
  'g2rl/logdet_mean': number;
  'g2rl/exploration_mean': number;
  'g2rl/exploration_min': number;
  'g2rl/exploration_max': number;
  'g2rl/scaler_mean': number;
  'g2rl/scaler_min': number;
  'g2rl/scaler_max': number;
  'g2rl/clip_fraction': number;
  'g2rl/no_signal_before': number;
  'g2rl/no_signal_after': number;
  'g2rl/invalid_groups': number;
}

/**
 * Metrics of one step's groups. What has no value (no pairs, no valid group) is 0. Similarity, log
 * det(I + S) and exploration are taken over the valid groups, the rest over all; scalers and the share of clipped
 * rewards over the responses that are not left out.
 *
 * @param rewards the groups' rewards before shaping, in the same order
 * @param advantages of all responses, group after group
 */
export function groupMetrics(
  groups: readonly ShapedGroup[],
  rewards: readonly ArrayLike<number>[],
  advantages: Float64Array,
): GroupMetrics {
  const pairs = pairStatistics(groups);
  const valid = groups.filter((group) => !group.invalid);
  const logDeterminants = valid.map(({ similarity, shaped }) => logDeterminant(similarity, shaped.length));
  const exploration = range(valid.map((group) => group.exploration));
  const scaler = range(
    groups.map(({ scalers, shaped }) => scalers.filter((_, i) => !Number.isNaN(shaped[i]))),
  );
  const responses = groups.reduce((sum, group) => sum + present(group.shaped).length, 0);
  const clipped = groups.reduce((sum, group) => sum + group.clipped, 0);
  let first = 0;
  let withoutSignal = 0;
  for (const { shaped } of groups) {
    if (advantages.subarray(first, first + shaped.length).every((value) => value === 0)) withoutSignal++;
    first += shaped.length;
  }
  const share = (count: number, total: number) => (total === 0 ? 0 : count / total);
  return {
    'g2rl/similarity_mean': pairs.meanSimilarity ?? 0,
    'g2rl/negative_pair_ratio': pairs.negativePairRatio ?? 0,
    'g2rl/logdet_mean': logDeterminants.reduce((sum, value) => sum + value, 0) / Math.max(1, valid.length),
    'g2rl/exploration_mean': exploration.mean,
    'g2rl/exploration_min': exploration.min,
    'g2rl/exploration_max': exploration.max,
    'g2rl/scaler_mean': scaler.mean,
    'g2rl/scaler_min': scaler.min,
    'g2rl/scaler_max': scaler.max,
    'g2rl/clip_fraction': share(clipped, responses),
    'g2rl/no_signal_before': share(rewards.filter(isUniform).length, rewards.length),
    'g2rl/no_signal_after': share(withoutSignal, groups.length),
    'g2rl/invalid_groups': groups.length - valid.length,
  };
}

/**
 * Why shaping cannot act on a step's rewards: each is 0, and a factor of 0 is 0; or each was cut by the clip, so that what
 * is left of it is its sign; or no response has a reward. Null where it can.
 */
export function idleShaping(
  groups: readonly ShapedGroup[],
  rewards: readonly ArrayLike<number>[],
): 'none' | 'zero' | 'clipped' | null {
  const known = rewards.flatMap(present);
  if (known.length === 0) return 'none';
  if (known.every((reward) => reward === 0)) return 'zero';
  const clipped = groups.reduce((sum, group) => sum + group.clipped, 0);
  return clipped === known.length ? 'clipped' : null;
}
