/** EVOL-RL (arXiv 2509.15194) with the verifier's labels: rewards by how new a response's text is. */
import { normalized, type ShapedGroup } from './shaping.js';
import { groupSimilarity } from './similarity.js';

/**
 * Novelty of each text: 1 − (a + b)/2, with a the mean cosine to the others of the same correctness (to all others when
 * there are none) and b the largest cosine to any other; 0 in a group of one.
 * @param members those of the group that are not left out
 */
function textNovelty(
  cosine: Float64Array,
  correct: readonly boolean[],
  members: readonly number[],
): Float64Array {
  const size = correct.length;
  const novelty = new Float64Array(size);
  if (members.length < 2) return novelty;
  for (const i of members) {
    const others = members.filter((j) => j !== i);
    const alike = others.filter((j) => correct[j] === correct[i]);
    const peers = alike.length > 0 ? alike : others;
    const mean = peers.reduce((sum, j) => sum + cosine[i * size + j]!, 0) / peers.length;
    const nearest = Math.max(...others.map((j) => cosine[i * size + j]!));
    novelty[i] = 1 - (mean + nearest) / 2;
  }
  return novelty;
}

/**
 * Rewards of EVOL-RL: 0.5 + 0.5·novelty of a correct response, −1 + 0.5·novelty of a wrong one, with the
 * novelty normalized by min–max among the correct and among the wrong ones separately (0.5 for one alone, or without
 * spread). Scalers are these over the rewards, 1 where that is 0.
 *
 * @param group the geometry of the group, from `shapeGroup`, which stays as it is
 * @param embeddings m × e, row-major: one embedding of each response's text, of any length
 * @param dimension e
 * @param rewards m rewards, or NaN for a response that is left out
 * @param correct the verdicts; without them a reward above 0 is correct
 * @throws RangeError when lengths disagree or an embedding is NaN or infinite
 */
export function shapeEvolRl(
  group: ShapedGroup,
  embeddings: Float32Array | Float64Array,
  dimension: number,
  rewards: ArrayLike<number>,
  correct: readonly boolean[] = Array.from(rewards, (reward) => reward > 0),
): ShapedGroup {
  const size = rewards.length;
  if (embeddings.length !== size * dimension) {
    throw new RangeError(`${size} embeddings of ${dimension} values each, got ${embeddings.length} values`);
  }
  const { similarity, invalid } = groupSimilarity(embeddings, dimension, size);
  if (invalid) throw new RangeError('an embedding is NaN or infinite');
  const members = Array.from(rewards).flatMap((reward, i) => (Number.isNaN(reward) ? [] : [i]));
  const novelty = textNovelty(similarity, correct, members);
  const shaped = new Float64Array(size).fill(Number.NaN);
  for (const label of [true, false]) {
    const alike = members.filter((i) => correct[i] === label);
    const relative = normalized(Float64Array.from(alike, (i) => novelty[i]!));
    for (const [place, i] of alike.entries()) {
      shaped[i] = (label ? 0.5 : -1) + 0.5 * (relative === null ? 0.5 : relative[place]!);
    }
  }
  const scalers = shaped.map((value, i) => {
    const reward = rewards[i]!;
    return reward === 0 || Number.isNaN(reward) ? 1 : value / reward;
  });
  return { ...group, scalers, shaped, clipped: 0 };
}
