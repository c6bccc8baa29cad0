/** Geometry of a group: which responses pull the policy in the same direction. */

/** Added to every norm, so that the quotient exists (paper eq. 9). */
const normEpsilon = 1e-8;
/** A feature shorter than this has no direction: its similarity to everyone, itself included, is 0. */
const zeroNorm = 1e-8;

/**
 * Unit features in float64, or null when a feature is not usable: NaN, infinite, or so long (above 1e154)
 * that its squared norm overflows.
 *
 * @param features m × d, row-major
 */
function normalize(
  features: Float32Array | Float64Array,
  dimension: number,
  size: number,
): Float64Array | null {
  const unit = Float64Array.from(features);
  for (let row = 0; row < size; row++) {
    const start = row * dimension;
    let squares = 0;
    for (let column = 0; column < dimension; column++) {
      const value = unit[start + column]!;
      squares += value * value;
    }
    if (!Number.isFinite(squares)) return null;
    const norm = Math.sqrt(squares);
    const scale = norm < zeroNorm ? 0 : 1 / (norm + normEpsilon);
    for (let column = 0; column < dimension; column++) unit[start + column]! *= scale;
  }
  return unit;
}

/**
 * Cosine similarities S of a group's features (paper eq. 9): m × m, row-major, symmetric, in [-1, 1].
 * The diagonal is 1 (0 for a zero feature). Null when any feature is NaN or infinite.
 *
 * @param features m × d, row-major
 */
function similarityMatrix(
  features: Float32Array | Float64Array,
  dimension: number,
  size: number,
): Float64Array | null {
  const unit = normalize(features, dimension, size);
  if (unit === null) return null;
  const similarity = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let product = 0;
      const a = i * dimension;
      const b = j * dimension;
      for (let column = 0; column < dimension; column++) product += unit[a + column]! * unit[b + column]!;
      const cosine = Math.min(1, Math.max(-1, product));
      similarity[i * size + j] = cosine;
      similarity[j * size + i] = cosine;
    }
  }
  return similarity;
}

export interface GroupSimilarity {
  /** S: m × m, row-major, in [-1, 1]. All 0 when the group is invalid. */
  similarity: Float64Array;
  /** True when a feature was NaN or infinite: the group has no geometry. */
  invalid: boolean;
}

/**
 * The geometry of one group of m responses.
 *
 * @param features m × d, row-major: each response's feature Φ
 * @param dimension d
 * @param size m
 */
export function groupSimilarity(
  features: Float32Array | Float64Array,
  dimension: number,
  size: number,
): GroupSimilarity {
  const similarity = similarityMatrix(features, dimension, size);
  return { similarity: similarity ?? new Float64Array(size * size), invalid: similarity === null };
}

/**
 * log det(I + S): how many directions a group has, in [0, m ln 2]. It is m ln 2 when all are orthogonal, ln(1 + m) when
 * all are the same, and 0 for zero features. I + S is positive definite, for S is a Gram matrix: by Cholesky.
 *
 * @param similarity m × m, row-major
 */
export function logDeterminant(similarity: Float64Array, size: number): number {
  const factor = new Float64Array(size * size);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let value = similarity[i * size + j]! + (i === j ? 1 : 0);
      for (let k = 0; k < j; k++) value -= factor[i * size + k]! * factor[j * size + k]!;
      factor[i * size + j] = i === j ? Math.sqrt(value) : value / factor[j * size + j]!;
    }
    sum += Math.log(factor[i * size + i]!);
  }
  return 2 * sum;
}

/**
 * Exploration scores ν (paper eq. 10–11): ν_i = √max(1 − Σ_j w_ij S_ij², 0) over the peers j of i with the softmax of
 * their rewards as weights, in [0, 1]. A response without peers has an empty sum: ν = 1. Nobody is compared with a
 * response without a reward.
 *
 * @param similarity m × m, row-major
 * @param rewards m finite numbers, or NaN for a response without one
 * @param isPeer which others a response is compared with; all of them without it
 */
export function explorationScores(
  similarity: Float64Array,
  rewards: ArrayLike<number>,
  isPeer: (response: number, other: number) => boolean = () => true,
): Float64Array {
  const size = rewards.length;
  const exploration = new Float64Array(size);
  const counts = (i: number, j: number) => j !== i && !Number.isNaN(rewards[j]) && isPeer(i, j);
  for (let i = 0; i < size; i++) {
    // Subtracting the largest of the *peers'* rewards keeps the sum of weights at least 1.
    let largest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < size; j++) if (counts(i, j)) largest = Math.max(largest, rewards[j]!);
    let weights = 0;
    let overlap = 0;
    for (let j = 0; j < size; j++) {
      if (!counts(i, j)) continue;
      const weight = Math.exp(rewards[j]! - largest);
      const cosine = similarity[i * size + j]!;
      weights += weight;
      overlap += weight * cosine * cosine;
    }
    exploration[i] = weights === 0 ? 1 : Math.sqrt(Math.max(1 - overlap / weights, 0));
  }
  return exploration;
}
