/** maj@k: whether the most frequent answer is correct, and what to expect of k responses when there are more. */
import type { ScoredResponse } from './types.js';

/** The responses that give one answer. */
interface AnswerClass {
  count: number;
  /** Share of them that is correct: 0 or 1 where the verifier and the classes agree. */
  correct: number;
}

function answerClasses(responses: readonly ScoredResponse[]): AnswerClass[] {
  const classes = new Map<string, { count: number; correct: number }>();
  for (const { answer, correct } of responses) {
    if (answer === '') continue;
    const known = classes.get(answer) ?? { count: 0, correct: 0 };
    classes.set(answer, { count: known.count + 1, correct: known.correct + Number(correct) });
  }
  return [...classes.values()].map(({ count, correct }) => ({ count, correct: correct / count }));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * maj@k of exactly k responses: 1 when the most frequent answer is correct, 0 when not, and with several
 * equally frequent ones the share of them that is correct, which is the expectation of a uniform draw.
 * Responses without an answer do not vote; without any vote the score is 0.
 */
export function majorityScore(responses: readonly ScoredResponse[]): number {
  const classes = answerClasses(responses);
  const most = Math.max(0, ...classes.map(({ count }) => count));
  const tied = classes.filter(({ count }) => count === most);
  return tied.length === 0 ? 0 : mean(tied.map(({ correct }) => correct));
}

/** Probabilities of 0, 1, … successes among `count` draws, each a success with probability p: 0 < p < 1. */
function binomial(count: number, p: number, logFactorials: readonly number[]): number[] {
  const logOf = (successes: number) =>
    logFactorials[count]! -
    logFactorials[successes]! -
    logFactorials[count - successes]! +
    successes * Math.log(p) +
    (count - successes) * Math.log1p(-p);
  return Array.from({ length: count + 1 }, (_, successes) => Math.exp(logOf(successes)));
}

/**
 * Ways, as probabilities, for other classes to put `r` responses in the sample with none above `most` votes and
 * exactly `ties` at it: `[ties][r]`.
 */
type Outcomes = number[][];

/** One more class: its votes are distributed as `votes`, and it may not exceed `most`. */
function withClass(outcomes: Outcomes, votes: readonly number[], most: number, k: number): Outcomes {
  const result: Outcomes = Array.from({ length: Math.floor(k / most) + 1 }, () =>
    new Array<number>(k + 1).fill(0),
  );
  for (const [ties, byCount] of outcomes.entries()) {
    for (const [taken, probability] of byCount.entries()) {
      if (probability === 0) continue;
      const room = Math.min(most, votes.length - 1, k - taken);
      for (let own = 0; own <= room; own++) {
        const row = result[own === most ? ties + 1 : ties];
        if (row !== undefined) row[taken + own]! += probability * votes[own]!;
      }
    }
  }
  return result;
}

/**
 * maj@k from n ≥ k responses: the mean of `majorityScore` over all subsets of k responses, exactly. That is
 * unbiased for maj@k, does not depend on the order of the responses, and no unbiased estimate of n responses
 * varies less.
 *
 * A subset is n independent coin tosses with chance k/n, given that k of them come up: then the votes of the
 * classes are independent, and all numbers on the way are probabilities that neither overflow nor cancel.
 *
 * @throws RangeError unless 1 ≤ k ≤ n
 */
export function majAtK(responses: readonly ScoredResponse[], k: number): number {
  const n = responses.length;
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) {
    throw new RangeError(`maj@k needs a whole k from 1 to n, got n ${n}, k ${k}`);
  }
  if (k === n) return majorityScore(responses);
  const classes = answerClasses(responses);
  if (classes.every(({ correct }) => correct === 0)) return 0;
  const logFactorials = [0];
  for (let i = 1; i <= n; i++) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  const votesOf = new Map<number, number[]>();
  const distribution = (count: number): number[] => {
    const known = votesOf.get(count) ?? binomial(count, k / n, logFactorials);
    votesOf.set(count, known);
    return known;
  };
  let sum = 0;
  for (const [index, winner] of classes.entries()) {
    if (winner.correct === 0) continue;
    for (let most = 1; most <= Math.min(winner.count, k); most++) {
      const others = classes.filter((other, place) => place !== index && other.count >= most);
      // Classes that cannot reach the winner, and responses without an answer, only fill the rest.
      const rest = n - winner.count - others.reduce((total, { count }) => total + count, 0);
      const filling = distribution(rest).slice(0, k - most + 1);
      let outcomes: Outcomes = [filling];
      for (const { count } of others) {
        outcomes = withClass(outcomes, distribution(count), most, k - most);
      }
      const wins = outcomes.reduce(
        (total, byCount, ties) => total + (byCount[k - most] ?? 0) / (ties + 1),
        0,
      );
      sum += winner.correct * distribution(winner.count)[most]! * wins;
    }
  }
  return sum / distribution(n)[k]!;
}
