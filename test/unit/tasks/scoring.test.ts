import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { majAtK } from '../../../src/tasks/majority.js';
import { distinctAtK, passAtK, responseStatistics, scoreBenchmark } from '../../../src/tasks/scoring.js';
import type { ScoredResponse } from '../../../src/tasks/types.js';

/** All subsets of k items. */
function subsets<Item>(items: readonly Item[], k: number): Item[][] {
  if (k === 0) return [[]];
  if (items.length < k) return [];
  const [first, ...rest] = items as [Item, ...Item[]];
  return [...subsets(rest, k - 1).map((subset) => [first, ...subset]), ...subsets(rest, k)];
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The answer decides whether a response is correct: 'A' and 'B' are, 'x', 'y' and none are not. */
const response = (answer: string): ScoredResponse => ({ answer, correct: answer === 'A' || answer === 'B' });
const responses = (answers: string) => [...answers].map((answer) => response(answer === '-' ? '' : answer));

const sampled = fc
  .array(fc.constantFrom('A', 'B', 'x', 'y', ''), { minLength: 1, maxLength: 8 })
  .chain((answers) =>
    fc.record({
      answers: fc.constant(answers.map(response)),
      k: fc.integer({ min: 1, max: answers.length }),
    }),
  );

/** Straight from the definition: repeated draws replaced by listing every outcome of the tie-break. */
function majorityByVotes(sample: readonly ScoredResponse[]): number {
  const voters = sample.filter(({ answer }) => answer !== '');
  const count = (answer: string) => voters.filter((other) => other.answer === answer).length;
  const most = Math.max(0, ...voters.map(({ answer }) => count(answer)));
  const winners = [...new Set(voters.map(({ answer }) => answer))].filter((answer) => count(answer) === most);
  return winners.length === 0 ? 0 : average(winners.map((answer) => Number(response(answer).correct)));
}

describe('passAtK', () => {
  it('is what enumeration of all subsets gives', () => {
    for (let n = 1; n <= 8; n++) {
      for (let c = 0; c <= n; c++) {
        const marked = Array.from({ length: n }, (_, i) => i < c);
        for (let k = 1; k <= n; k++) {
          const hits = subsets(marked, k).map((subset) => Number(subset.includes(true)));
          expect(passAtK(n, c, k)).toBeCloseTo(average(hits), 12);
        }
      }
    }
  });

  it('stays exact for many samples', () => {
    expect(passAtK(100_000, 1, 1)).toBeCloseTo(1e-5, 15);
    expect(passAtK(100_000, 1, 50_000)).toBeCloseTo(0.5, 9);
    expect(passAtK(1000, 500, 1)).toBeCloseTo(0.5, 12);
    expect(passAtK(16, 0, 16)).toBe(0);
    expect(passAtK(16, 1, 16)).toBe(1);
  });

  it.each([
    [4, 5, 1],
    [4, -1, 1],
    [4, 1, 5],
    [4, 1, 0],
    [4, Number.NaN, 1],
  ])('refuses n %d, c %d, k %d', (n, c, k) => {
    expect(() => passAtK(n, c, k)).toThrow(RangeError);
  });
});

describe('distinctAtK', () => {
  it('is the mean over all subsets', () => {
    fc.assert(
      fc.property(sampled, ({ answers, k }) => {
        const counts = subsets(answers, k).map(
          (subset) => new Set(subset.filter(({ correct }) => correct).map(({ answer }) => answer)).size,
        );
        expect(distinctAtK(answers, k)).toBeCloseTo(average(counts), 10);
      }),
    );
  });
});

describe('majAtK', () => {
  it('is the vote itself for n = k', () => {
    fc.assert(
      fc.property(sampled, ({ answers }) => {
        expect(majAtK(answers, answers.length)).toBeCloseTo(majorityByVotes(answers), 12);
      }),
    );
  });

  it.each([
    ['AAx', 1],
    ['Axx', 0],
    ['Ax', 0.5],
    ['ABx', 2 / 3],
    ['AAxxyy', 1 / 3],
    ['----A', 1],
    ['---', 0],
    ['ABxx', 0],
  ])('%s scores %d', (answers, score) => {
    expect(majAtK(responses(answers), answers.length)).toBeCloseTo(score, 12);
  });

  it('is the mean over all subsets for n > k', () => {
    fc.assert(
      fc.property(sampled, ({ answers, k }) => {
        const exact = average(subsets(answers, k).map(majorityByVotes));
        expect(majAtK(answers, k)).toBeCloseTo(exact, 12);
      }),
      { numRuns: 300 },
    );
  });

  it('is so for every split of ten responses over classes', () => {
    const splits = (total: number, most: number): number[][] =>
      total === 0
        ? [[]]
        : Array.from({ length: Math.min(total, most) }, (_, i) => i + 1).flatMap((first) =>
            splits(total - first, first).map((rest) => [first, ...rest]),
          );
    for (const counts of splits(10, 10)) {
      for (const right of counts.keys()) {
        const answers = counts.flatMap((count, index) =>
          Array.from({ length: count }, () => ({ answer: `${index}`, correct: index === right })),
        );
        const votes = (sample: readonly ScoredResponse[]) => majAtK(sample, sample.length);
        const exact = average(subsets(answers, 4).map(votes));
        expect(majAtK(answers, 4)).toBeCloseTo(exact, 12);
      }
    }
  });

  it('does not depend on the order, and stays exact with many responses', () => {
    const many = (...counts: number[]) =>
      counts.flatMap((count, index) =>
        Array.from({ length: count }, () => ({ answer: `${index}`, correct: index === 0 })),
      );
    expect(majAtK(many(600, 400).reverse(), 101)).toBeCloseTo(majAtK(many(600, 400), 101), 12);
    // Two classes of the same size are exchangeable, and so are ten.
    expect(majAtK(many(500, 500), 100)).toBeCloseTo(1 / 2, 10);
    expect(majAtK(many(...Array.from({ length: 10 }, () => 60)), 33)).toBeCloseTo(1 / 10, 10);
    // The right answer once and else all different: it wins as often as it is drawn, shared among sixteen.
    expect(majAtK(many(...Array.from({ length: 1024 }, () => 1)), 16)).toBeCloseTo(1 / 1024, 12);
    expect(majAtK(many(1024), 16)).toBeCloseTo(1, 10);
  });

  it('counts a class that the verifier is not of one mind about by its share', () => {
    const mixed = [true, false, false, false].map((correct) => ({ answer: 'A', correct }));
    expect(majAtK(mixed, 4)).toBe(0.25);
    expect(majAtK(mixed, 2)).toBeCloseTo(0.25, 12);
  });

  it.each([
    [3, 4],
    [3, 0],
    [3, 1.5],
    [0, 1],
  ])('refuses n %d, k %d', (n, k) => {
    expect(() => majAtK(responses('A'.repeat(n)), k)).toThrow(RangeError);
  });
});

describe('scoreBenchmark', () => {
  it('averages over problems, with the standard error over problems', () => {
    const scores = scoreBenchmark([responses('AAxx'), responses('xxxx'), responses('ABAB')], 4);
    expect(scores.problems).toBe(3);
    expect(scores.passAt1).toBeCloseTo(0.5, 12);
    // Shares 0.5, 0, 1: sample variance 0.25.
    expect(scores.passAt1StandardError).toBeCloseTo(Math.sqrt(0.25 / 3), 12);
    expect(scores.passAtK).toBeCloseTo(2 / 3, 12);
    expect(scores.majAtK).toBeCloseTo((0.5 + 0 + 1) / 3, 12);
    expect(scores.distinctAtK).toBeCloseTo((1 + 0 + 2) / 3, 12);
    // pass@4 of 1, 0, 1 and maj@4 of 1/2, 0, 1.
    expect(scores.passAtKStandardError).toBeCloseTo(1 / 3, 12);
    expect(scores.majAtKStandardError).toBeCloseTo(Math.sqrt(0.25 / 3), 12);
  });

  it('has no standard error with one problem and refuses what cannot be scored', () => {
    expect(scoreBenchmark([responses('Ax')], 1).passAt1StandardError).toBe(0);
    expect(() => scoreBenchmark([], 1)).toThrow('at least one problem');
    expect(() => scoreBenchmark([responses('AAA'), responses('AA')], 3)).toThrow(
      'problem 1 has 2 responses, fewer than k = 3',
    );
    expect(() => scoreBenchmark([responses('A')], 0)).toThrow('positive integer');
    expect(() => scoreBenchmark([responses('A')], 0.5)).toThrow('positive integer');
  });
});

describe('responseStatistics', () => {
  it('is over all responses, however many a problem has', () => {
    const made = (answer: string, length: number, truncated = false) => ({
      ...response(answer),
      length,
      truncated,
    });
    const problems = [[made('A', 10), made('', 32, true)], [made('x', 20), made('', 4)], [made('B', 9)]];
    expect(responseStatistics(problems)).toEqual({
      responses: 5,
      meanLength: 15,
      maxLength: 32,
      truncated: 0.2,
      withoutAnswer: 0.4,
    });
    expect(() => responseStatistics([[]])).toThrow(RangeError);
  });
});
