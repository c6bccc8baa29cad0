/** EVOL-RL (arXiv 2509.15194) with the verifier's labels: rewards by how new a response's text is. */
import { normalized, type ShapedGroup } from './shaping.js';
import { groupSimilarity } from './similarity.js';

/**
 * Novelty of each text: 1 − (a + b)/2, with a the mean cosine to the others of the same correctness (to all others when
 * there are none) and b the largest cosine to any other; 0 in a group of one.
 */
function textNovelty(cosine: Float64Array, correct: readonly boolean[]): Float64Array {
  const size = correct.length;
  const novelty = new Float64Array(size);
  if (size < 2) return novelty;
  for (let i = 0; i < size; i++) {
    const others = correct.flatMap((_, j) => (j === i ? [] : [j]));
    const alike = others.filter((j) => correct[j] === correct[i]);
    const peers = alike.length > 0 ? alike : others;
    const mean = peers.reduce((sum, j) => sum + cosine[i * size + j]!, 0) / peers.length;
    const nearest = Math.max(...others.map((j) => cosine[i * size + j]!));
    novelty[i] = 1 - (mean + nearest) / 2;
  }
  return novelty;
}

/**
 * Rewards of EVOL-RL: 0.5 + 0.5·novelty of a correct response (reward > 0), −1 + 0.5·novelty of a wrong one, with the
 * novelty normalized by min–max among the correct and among the wrong ones separately (0.5 for one alone, or without
 * spread). Scalers are these over the verifier's rewards, 1 where that is 0.
 *
 * @param group the geometry of the group, from `shapeGroup`, which stays as it is
 * @param embeddings m × e, row-major: one embedding of each response's text, of any length
 * @param dimension e
 * @param rewards m rewards of the verifier
 * @throws RangeError when lengths disagree or an embedding is NaN or infinite
 */
export function shapeEvolRl(
  group: ShapedGroup,
  embeddings: Float32Array | Float64Array,
  dimension: number,
  rewards: ArrayLike<number>,
): ShapedGroup {
  const size = rewards.length;
  if (embeddings.length !== size * dimension) {
    throw new RangeError(`${size} embeddings of ${dimension} values each, got ${embeddings.length} values`);
  }
  const { similarity, invalid } = groupSimilarity(embeddings, dimension, size);
  if (invalid) throw new RangeError('an embedding is NaN or infinite');
  const correct = Array.from(rewards, (reward) => reward > 0);
  const novelty = textNovelty(similarity, correct);
  const shaped = new Float64Array(size);
  for (const label of [true, false]) {
    const members = correct.flatMap((one, i) => (one === label ? [i] : []));
    const relative = normalized(Float64Array.from(members, (i) => novelty[i]!));
    for (const [place, i] of members.entries()) {
      shaped[i] = (label ? 0.5 : -1) + 0.5 * (relative === null ? 0.5 : relative[place]!);
    }
  }
  const scalers = shaped.map((value, i) => (rewards[i] === 0 ? 1 : value / rewards[i]!));
  return { ...group, scalers, shaped, clipped: 0 };
}
