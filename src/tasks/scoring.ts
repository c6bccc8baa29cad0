/**
 * Scores of a benchmark from n verdicts for each of its problems. Every score at k uses all n ≥ k responses
 * and estimates what k responses would give, without bias.
 */

import { majAtK } from './majority.js';
import type { ScoredResponse } from './types.js';

/** A response with what is known about its generation. */
export interface SampledResponse extends ScoredResponse {
  /** Tokens, end-of-sequence counted; null when they were not counted. */
  length: number | null;
  /** Cut off by the length limit; null when not known. */
  truncated: boolean | null;
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
  majAtKStandardError: number;
  /** Probability that at least one of k responses is correct. */
  passAtK: number;
  passAtKStandardError: number;
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

/** Standard error of the mean of problems that were drawn from many; 0 when there is only one. */
function standardError(values: readonly number[]): number {
  if (values.length === 1) return 0;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/**
 * Scores of a benchmark.
 *
 * @param problems the responses to each problem; n may differ between problems
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
  const passAt1 = problems.map((responses, index) => correct[index]! / responses.length);
  const majority = problems.map((responses) => majAtK(responses, k));
  const pass = problems.map((responses, index) => passAtK(responses.length, correct[index]!, k));
  return {
    problems: problems.length,
    passAt1: mean(passAt1),
    passAt1StandardError: standardError(passAt1),
    majAtK: mean(majority),
    majAtKStandardError: standardError(majority),
    passAtK: mean(pass),
    passAtKStandardError: standardError(pass),
    distinctAtK: mean(problems.map((responses) => distinctAtK(responses, k))),
  };
}

/** Lengths in tokens; shares from 0 to 1. What is not known of every response is null. */
export interface ResponseStatistics {
  responses: number;
  meanLength: number | null;
  maxLength: number | null;
  /** Share cut off by the length limit. */
  truncated: number | null;
  /** Share without an answer. */
  withoutAnswer: number;
}

/** What responses are like, over all responses to all problems. @throws RangeError when there is none */
export function responseStatistics(problems: readonly (readonly SampledResponse[])[]): ResponseStatistics {
  const responses = problems.flat();
  if (responses.length === 0) throw new RangeError('there are no responses');
  const lengths = responses.map(({ length }) => length).filter((length) => length !== null);
  const cuts = responses.map(({ truncated }) => truncated).filter((truncated) => truncated !== null);
  const measured = lengths.length === responses.length;
  return {
    responses: responses.length,
    meanLength: measured ? mean(lengths) : null,
    maxLength: measured ? lengths.reduce((most, length) => Math.max(most, length)) : null,
    truncated: cuts.length === responses.length ? mean(cuts.map(Number)) : null,
    withoutAnswer: mean(responses.map(({ answer }) => Number(answer === ''))),
  };
}
