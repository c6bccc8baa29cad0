import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanInterval, usualResampling } from '../../../src/statistics/bootstrap.js';
import { compareWithBaseline, summarize } from '../../../src/statistics/compare.js';
import { probabilityOfImprovement } from '../../../src/statistics/improvement.js';
import { Intervals } from '../../../src/statistics/intervals.js';
import { areaUnderCurve, stepsToReach } from '../../../src/statistics/learning-speed.js';
import { holm, pairedPermutation, unpairedPermutation } from '../../../src/statistics/permutation.js';
import { type SeedScores, scoreMatrix } from '../../../src/statistics/scores.js';
import { seedsToShow } from '../../../src/statistics/seeds-needed.js';
import { comparisonSentence } from '../../../src/statistics/sentence.js';

const few = { ...usualResampling, resamples: 500 };

const scores = (values: readonly number[], seeds = values.map((_, place) => place)): SeedScores => ({
  seeds,
  scores: values,
  problems: null,
});

function sentence(variant: SeedScores, baseline: SeedScores, metric = 'pass_at_1'): string {
  const variants = new Map([
    ['g2rl', variant],
    ['grpo', baseline],
  ]);
  const [comparison] = compareWithBaseline(metric, variants, 'grpo');
  return comparisonSentence(comparison!, summarize(variant), summarize(baseline));
}

describe('a sentence', () => {
  it('claims what interval and test agree on', () => {
    expect(sentence(scores([0.55, 0.56, 0.54, 0.55, 0.56]), scores([0.5, 0.51, 0.5, 0.49, 0.51]))).toMatch(
      /^g2rl 55\.2 ± 0\.8 against grpo 50\.2 ± 0\.8 \(5 seeds\): better by 5\.0 points \(95 %: 4\.\d to 5\.\d; p = 0\.06\d\)\.$/,
    );
  });

  it('says worse with the interval in the same direction', () => {
    expect(sentence(scores([0.4, 0.42, 0.41, 0.4, 0.42]), scores([0.5, 0.51, 0.5, 0.49, 0.51]))).toMatch(
      /: worse by 9\.2 points \(95 %: 9\.0 to 9\.6; /,
    );
  });

  it('says how many seeds would show a difference that is not distinguishable', () => {
    expect(sentence(scores([0.53, 0.52, 0.54, 0.52, 0.53]), scores([0.52, 0.53, 0.53, 0.53, 0.52]))).toMatch(
      /\(5 seeds\): not distinguishable; about \d+ seeds of each would show 0\.2 points\.$/,
    );
  });

  it('claims nothing of a few seeds that agree by chance as often as not', () => {
    expect(sentence(scores([0.55, 0.56, 0.57]), scores([0.5, 0.52, 0.51]))).toMatch(
      /not distinguishable, for 3 seeds cannot tell 5\.0 points from chance; run at least 5 of each\.$/,
    );
  });

  it('says that one seed says nothing', () => {
    expect(sentence(scores([0.55]), scores([0.5]))).toBe(
      'g2rl 55.0 against grpo 50.0 (1 seed): one seed says nothing about a difference between methods; run at least 5 of each.',
    );
  });

  it('names both numbers of seeds where they differ, and counts as counts', () => {
    expect(
      sentence(scores([0.98, 1.02, 1], [0, 1, 2]), scores([1, 0.9, 1.1, 1], [5, 6, 7, 8]), 'distinct_at_k'),
    ).toMatch(/^g2rl 1\.00 ± 0\.02 against grpo 1\.00 ± 0\.08 \(3 and 4 seeds\): not distinguishable\.$/);
  });
});

describe('an interval', () => {
  it('is the same each time', () => {
    const matrix = scoreMatrix(scores([0.1, 0.4, 0.3]));
    expect(meanInterval(matrix)).toEqual(meanInterval(matrix));
  });

  it('holds what it should about nineteen times of twenty, with many seeds and problems', () => {
    // Scores of seed and problem that add up to a mean of zero: a coin each, so that the truth is known.
    let state = 1;
    const coin = () => {
      state = (state * 48271) % 2147483647;
      return state % 2 === 0 ? 1 : -1;
    };
    let held = 0;
    for (let study = 0; study < 200; study++) {
      const problems = Array.from({ length: 20 }, coin);
      const rows = Array.from({ length: 20 }, () => {
        const luck = coin();
        return problems.map((difficulty) => luck + difficulty);
      });
      const { low, high } = meanInterval(
        scoreMatrix({ seeds: rows.map((_, seed) => seed), scores: rows.map(() => 0), problems: rows }),
        few,
      );
      if (low <= 0 && high >= 0) held++;
    }
    expect(held / 200).toBeGreaterThan(0.9);
    expect(held / 200).toBeLessThan(0.99);
  });

  it('refuses rows of different lengths', () => {
    expect(() => scoreMatrix({ seeds: [0, 1], scores: [0, 0], problems: [[1], [1, 0]] })).toThrow(RangeError);
  });
});

describe('comparisons', () => {
  const seedScores = fc
    .array(fc.integer({ min: 0, max: 64 }), { minLength: 1, maxLength: 8 })
    .map((values) => scores(values.map((value) => value / 64)));

  it('turn around with their sides', () => {
    fc.assert(
      fc.property(seedScores, seedScores, (a, b) => {
        const [there] = compareWithBaseline(
          'pass_at_1',
          new Map([
            ['a', a],
            ['b', b],
          ]),
          'b',
          few,
        );
        const [back] = compareWithBaseline(
          'pass_at_1',
          new Map([
            ['a', a],
            ['b', b],
          ]),
          'a',
          few,
        );
        expect(there!.delta).toBeCloseTo(-back!.delta, 12);
        expect(there!.p).toBeCloseTo(back!.p, 12);
        expect(there!.probabilityOfImprovement).toBeCloseTo(1 - back!.probabilityOfImprovement, 12);
      }),
      { numRuns: 100 },
    );
  });

  it('of a variant with itself find nothing', () => {
    fc.assert(
      fc.property(seedScores, (a) => {
        const [same] = compareWithBaseline(
          'pass_at_1',
          new Map([
            ['a', a],
            ['b', a],
          ]),
          'b',
          few,
        );
        expect(same).toMatchObject({
          delta: 0,
          low: 0,
          high: 0,
          p: 1,
          probabilityOfImprovement: expect.closeTo(0.5),
        });
      }),
      { numRuns: 50 },
    );
  });

  it('are none without the baseline', () => {
    expect(compareWithBaseline('pass_at_1', new Map([['a', scores([1])]]), 'b')).toEqual([]);
  });
});

describe('permutation tests', () => {
  it('draw exchanges when there are too many to try, and agree with the exact test', () => {
    const differences = Array.from({ length: 14 }, (_, place) => 0.02 + 0.05 * Math.sin(5 * place));
    const drawn = pairedPermutation([...differences, 0]);
    // A difference of zero changes neither tail: both tests are of the same thing.
    const exact = pairedPermutation(differences);
    expect(drawn).toBeCloseTo(exact, 1);
    const many = Array.from({ length: 12 }, (_, place) => Math.cos(place));
    expect(
      unpairedPermutation(
        many,
        many.map((value) => value + 2),
      ),
    ).toBeLessThan(0.002);
    expect(
      unpairedPermutation(
        many,
        many.map((value) => -value),
      ),
    ).toBeGreaterThan(0.05);
  });

  it('of nothing are certain of nothing', () => {
    expect(pairedPermutation([])).toBe(1);
    expect(unpairedPermutation([1], [])).toBe(1);
  });

  it("leave a single hypothesis as it is, and never lower Holm's others", () => {
    expect(holm([0.03])).toEqual([0.03]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (values) => {
        for (const [place, value] of holm(values).entries()) {
          expect(value).toBeGreaterThanOrEqual(values[place]!);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

it('counts ties of improvement half', () => {
  expect(probabilityOfImprovement([1, 2], [1])).toBe(0.75);
});

describe('learning speed', () => {
  it('is unknown of what is never reached, and of one point', () => {
    const curve = [{ step: 10, score: 0.5 }];
    expect(stepsToReach(curve, 0.6)).toBeNull();
    expect(stepsToReach(curve, 0.5)).toBe(10);
    expect(areaUnderCurve(curve)).toBeNull();
    expect(areaUnderCurve([...curve, ...curve])).toBeNull();
  });
});

it('needs more seeds for a smaller difference', () => {
  expect(seedsToShow(0.02, 0.01)).toBe(2);
  expect(seedsToShow(0.005, 0.01)).toBe(32);
  expect(seedsToShow(0, 0.01)).toBeNull();
  expect(seedsToShow(0.1, null)).toBeNull();
});

it('an interval is drawn once for the same scores, and again when any bit of them is another', () => {
  const intervals = new Intervals(2);
  const resampling = { resamples: 10, seed: 0, level: 0.95 };
  let drawn = 0;
  const of = (values: number[], changes: Partial<typeof resampling> = {}) =>
    intervals.of(
      [{ rows: 1, columns: values.length, values: Float64Array.from(values) }],
      { ...resampling, ...changes },
      () => ({ low: drawn++, high: 0 }),
    ).low;
  expect([of([1, 2]), of([1, 2]), of([1, 3]), of([1, 2])]).toEqual([0, 0, 1, 0]);
  expect(of([1, 2], { seed: 1 })).toBe(2);
  // The two newest are held: that of 1 and 3 was asked for longest ago.
  expect([of([1, 2]), of([1, 3])]).toEqual([0, 3]);
});
