/**
 * Scores of a benchmark from n verdicts for each of its problems. Every score at k uses all n ≥ k responses
 * and estimates what k responses would give, without bias.
 */

/** The part of a verdict that scores count. */
export interface ScoredResponse {
  correct: boolean;
  /** Canonical answer; '' when the response has none. */
  answer: string;
}

/** Fractions from 0 to 1, but for `distinctAtK`, which is a count. */
export interface BenchmarkScores {
  problems: number;
  /** Mean share of correct responses. */
  passAt1: number;
  /** Standard error of `passAt1` over problems; 0 when there is only one problem. */
  passAt1StandardError: number;
  /** Probability that the most frequent answer among k responses is correct. */
  majAtK: number;
  /** Probability that at least one of k responses is correct. */
  passAtK: number;
  /** Expected number of distinct correct answers among k responses. */
  distinctAtK: number;
}

/**
 * Probability that k of n responses, drawn without replacement, hold at least one of c marked ones:
 * 1 − C(n−c, k)/C(n, k), as a product so that nothing overflows.
 *
 * @throws RangeError unless 0 ≤ c ≤ n and 1 ≤ k ≤ n
 */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n && c >= 0 && c <= n)) {
    throw new RangeError(`pass@k needs 1 ≤ k ≤ n and 0 ≤ c ≤ n, got n ${n}, c ${c}, k ${k}`);
  }
  if (n - c < k) return 1;
  let none = 1;
  for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}

/**
 * maj@k of exactly k responses: 1 when the most frequent answer is correct, 0 when not, and with several
 * equally frequent ones the share of them that is correct, which is the expectation of a uniform draw.
 * Responses without an answer do not vote; without any vote the score is 0.
 */
export function majorityScore(responses: readonly ScoredResponse[]): number {
  const votes = new Map<string, { count: number; correct: boolean }>();
  for (const { answer, correct } of responses) {
    if (answer === '') continue;
    const entry = votes.get(answer);
    if (entry === undefined) votes.set(answer, { count: 1, correct });
    else entry.count++;
  }
  const most = Math.max(0, ...[...votes.values()].map((entry) => entry.count));
  const tied = [...votes.values()].filter((entry) => entry.count === most);
  return tied.length === 0 ? 0 : tied.filter((entry) => entry.correct).length / tied.length;
}

/**
 * maj@k from n ≥ k responses: the mean of `majorityScore` over the ⌊n/k⌋ consecutive blocks of k responses.
 * Each block is an honest sample of k, so the mean is unbiased; up to k − 1 responses at the end are unused.
 */
export function majAtK(responses: readonly ScoredResponse[], k: number): number {
  const blocks = Math.floor(responses.length / k);
  let sum = 0;
  for (let block = 0; block < blocks; block++) {
    sum += majorityScore(responses.slice(block * k, (block + 1) * k));
  }
  return sum / blocks;
}

/**
 * distinct@k from n ≥ k responses: the expected number of distinct correct answers in a random subset of k,
 * exactly: an answer given c times is in the subset with probability pass@k(n, c).
 */
export function distinctAtK(responses: readonly ScoredResponse[], k: number): number {
  const counts = new Map<string, number>();
  for (const { answer, correct } of responses) {
    if (correct) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  let sum = 0;
  for (const count of counts.values()) sum += passAtK(responses.length, count, k);
  return sum;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Scores of a benchmark.
 *
 * @param problems the responses to each problem, in the order they were sampled
 * @throws RangeError when there is no problem, or one has fewer than k responses
 */
export function scoreBenchmark(problems: readonly (readonly ScoredResponse[])[], k: number): BenchmarkScores {
  if (problems.length === 0) throw new RangeError('a benchmark needs at least one problem');
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be a positive integer, got ${k}`);
  const correct = problems.map((responses, index) => {
    if (responses.length < k) {
      throw new RangeError(`problem ${index} has ${responses.length} responses, fewer than k = ${k}`);
    }
    return responses.filter((response) => response.correct).length;
  });
  const shares = problems.map((responses, index) => correct[index]! / responses.length);
  const passAt1 = mean(shares);
  const squares = shares.reduce((sum, share) => sum + (share - passAt1) ** 2, 0);
  const count = problems.length;
  return {
    problems: count,
    passAt1,
    passAt1StandardError: count === 1 ? 0 : Math.sqrt(squares / (count - 1) / count),
    majAtK: mean(problems.map((responses) => majAtK(responses, k))),
    passAtK: mean(problems.map((responses, index) => passAtK(responses.length, correct[index]!, k))),
    distinctAtK: mean(problems.map((responses) => distinctAtK(responses, k))),
  };
}
