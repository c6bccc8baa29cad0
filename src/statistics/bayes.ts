/**
 * The posterior of an accuracy from few problems: Bayes@N (arXiv 2510.04265) for right and wrong. Each problem's chance
 * has a uniform prior and N trials; the benchmark's accuracy is the mean of the problems' chances.
 */
export interface Posterior {
  mean: number;
  /** Standard deviation. */
  sd: number;
}

/**
 * @param correct for each problem how many of its responses were right
 * @param responses N, for each problem
 */
export function accuracyPosterior(correct: readonly number[], responses: readonly number[]): Posterior {
  let sum = 0;
  let variance = 0;
  for (const [problem, right] of correct.entries()) {
    const trials = responses[problem]! + 2;
    const chance = (right + 1) / trials;
    sum += chance;
    variance += (chance * (1 - chance)) / (trials + 1);
  }
  return { mean: sum / correct.length, sd: Math.sqrt(variance) / correct.length };
}
