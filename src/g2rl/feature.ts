/**
 * The feature Φ of a response: the mean over its tokens of T · ∂ log p(y_t) / ∂h_t (paper eq. 5–8, 14).
 * It is linear in the token distributions, so these are summed first and multiplied by the head once:
 * Φ = Wᵀ (mean_t onehot(y_t) − mean_t p_t).
 */

/**
 * How often each token occurs in a response.
 *
 * @param tokens L response tokens, the end-of-sequence token counted, prompt and padding left out
 * @param vocabularySize V
 * @throws RangeError for a token outside the vocabulary
 */
export function tokenCounts(tokens: ArrayLike<number>, vocabularySize: number): Float64Array {
  const counts = new Float64Array(vocabularySize);
  for (let t = 0; t < tokens.length; t++) {
    const token = tokens[t]!;
    if (!(token >= 0 && token < vocabularySize)) {
      throw new RangeError(`token ${token} at ${t} is outside the vocabulary of ${vocabularySize}`);
    }
    counts[token]! += 1;
  }
  return counts;
}

/**
 * mean_t onehot(y_t) − mean_t p_t, of size V. It sums to 0. A response without tokens has a zero vector.
 *
 * @param counts V token counts of the response
 * @param probabilitySum V sums over the response's positions of p_t, the distribution sampled from
 * @param length L, the number of response tokens
 * @throws RangeError when the sizes disagree
 */
export function featureDifference(
  counts: ArrayLike<number>,
  probabilitySum: ArrayLike<number>,
  length: number,
): Float64Array {
  if (counts.length !== probabilitySum.length) {
    throw new RangeError(`${counts.length} token counts, but ${probabilitySum.length} probability sums`);
  }
  const difference = new Float64Array(counts.length);
  if (length === 0) return difference;
  for (let v = 0; v < difference.length; v++) {
    difference[v] = (counts[v]! - probabilitySum[v]!) / length;
  }
  return difference;
}

/**
 * Φ = Wᵀ · difference, of size d: the reference for engines, which do this product on their device.
 *
 * @param difference V values of `featureDifference`
 * @param weights W, the LM head: V × d, row-major
 * @throws RangeError when the sizes disagree
 */
export function feature(
  difference: ArrayLike<number>,
  weights: ArrayLike<number>,
  dimension: number,
): Float64Array {
  if (weights.length !== difference.length * dimension) {
    throw new RangeError(
      `the head has ${weights.length} weights, but ${difference.length} × ${dimension} are needed`,
    );
  }
  const result = new Float64Array(dimension);
  for (let v = 0; v < difference.length; v++) {
    const share = difference[v]!;
    for (let column = 0; column < dimension; column++) {
      result[column]! += share * weights[v * dimension + column]!;
    }
  }
  return result;
}
