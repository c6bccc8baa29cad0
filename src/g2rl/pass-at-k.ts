/** Advantages of Pass@k Training (arXiv 2508.10751): what a response adds to the pass@k of its group. */

/** C(n − wrong, k) / C(n, k) turned around: the chance that k of n responses are all among `wrong` given ones. */
function allWrong(wrong: number, n: number, k: number): number {
  let chance = 1;
  for (let i = 0; i < k; i++) chance *= Math.max(0, wrong - i) / (n - i);
  return chance;
}

/**
 * The mean advantage of each response over all C(m, k) sets of k responses of its group, where a set is worth 1 when one
 * of it is correct, else 0, and advantages of sets are (worth − R̄) / σ. With c correct of m, R̄ = 1 − C(m−c, k)/C(m, k)
 * and σ = √(R̄(1 − R̄)): (1 − R̄)/σ for a correct response, (1 − R̄ − C(m−c−1, k−1)/C(m−1, k−1))/σ for a wrong one. All 0
 * where σ = 0: no response is correct, or no set of k can miss a correct one. k = 1 is GRPO with the population's
 * standard deviation.
 *
 * A response that is left out is in no set. Where fewer than k are there, a set is all of them.
 *
 * @param rewards groups × m rewards, group after group; above 0 is correct, NaN is left out
 * @param groupSize m
 * @returns groups × m advantages
 * @throws RangeError when the rewards are not whole groups, or k is not from 1 to m
 */
export function passAtKAdvantages(rewards: ArrayLike<number>, groupSize: number, k: number): Float64Array {
  if (!Number.isInteger(groupSize) || groupSize < 1 || rewards.length % groupSize !== 0) {
    throw new RangeError(`${rewards.length} rewards are not whole groups of ${groupSize}`);
  }
  if (!Number.isInteger(k) || k < 1 || k > groupSize) {
    throw new RangeError(`k must be a whole number from 1 to the group size ${groupSize}, got ${k}`);
  }
  const result = new Float64Array(rewards.length);
  for (let start = 0; start < rewards.length; start += groupSize) {
    const members = Array.from({ length: groupSize }, (_, i) => start + i).filter(
      (i) => !Number.isNaN(rewards[i]),
    );
    const wrong = members.filter((i) => !(rewards[i]! > 0)).length;
    const ofSet = Math.min(k, members.length);
    const missed = allWrong(wrong, members.length, ofSet);
    const deviation = Math.sqrt(missed * (1 - missed));
    if (deviation === 0) continue;
    const ofCorrect = missed / deviation;
    const ofWrong = (missed - allWrong(wrong - 1, members.length - 1, ofSet - 1)) / deviation;
    for (const i of members) result[i] = rewards[i]! > 0 ? ofCorrect : ofWrong;
  }
  return result;
}
