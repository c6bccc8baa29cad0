/** Held to SciPy, statsmodels and rliable: `test/vectors/make_statistics.py`. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { accuracyPosterior } from '../../../src/statistics/bayes.js';
import {
  type Comparison,
  compareWithBaseline,
  type ScoreSummary,
  summarize,
} from '../../../src/statistics/compare.js';
import { areaUnderCurve, type ScoredStep, stepsToReach } from '../../../src/statistics/learning-speed.js';
import { holm } from '../../../src/statistics/permutation.js';
import type { SeedScores } from '../../../src/statistics/scores.js';

type Expected<Figures> = Figures & { error: number };

interface Vectors {
  comparisons: {
    name: string;
    variant: SeedScores;
    baseline: SeedScores;
    expected: {
      variant: Expected<ScoreSummary>;
      baseline: Expected<ScoreSummary>;
      comparison: Expected<Omit<Comparison, 'variant' | 'baseline' | 'metric' | 'pHolm' | 'n' | 'byProblem'>>;
    };
  }[];
  holm: { p: number[]; corrected: number[] }[];
  posteriors: { correct: number[]; responses: number[]; mean: number; sd: number }[];
  curves: { curve: ScoredStep[]; level: number; steps: number; area: number }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../vectors/statistics.json', import.meta.url), 'utf8'),
);

/** Deterministic figures to 1e-9, the interval within what resampling leaves open. */
function expectFigures<Figures extends { low: number; high: number; error: number }>(
  found: Omit<Figures, 'error'>,
  { error, ...expected }: Figures,
): void {
  for (const [key, value] of Object.entries(expected)) {
    const given = found[key as keyof typeof found];
    if (typeof value !== 'number') expect(given, key).toBe(value);
    else
      expect(Math.abs(Number(given) - value), key).toBeLessThan(
        key === 'low' || key === 'high' ? error : 1e-9,
      );
  }
}

it.each(vectors.comparisons)('$name', ({ variant, baseline, expected }) => {
  expectFigures(summarize(variant), expected.variant);
  expectFigures(summarize(baseline), expected.baseline);
  const [comparison] = compareWithBaseline(
    'pass_at_1',
    new Map([
      ['variant', variant],
      ['baseline', baseline],
    ]),
    'baseline',
  );
  expectFigures(comparison!, expected.comparison);
  expect(comparison!.pHolm).toBe(comparison!.p);
});

it('has cases of every kind', () => {
  expect(vectors.comparisons.length).toBeGreaterThan(10);
  expect(vectors.comparisons.filter(({ expected }) => !expected.comparison.paired).length).toBeGreaterThan(2);
});

it.each(vectors.holm)('corrects $p', ({ p, corrected }) => {
  for (const [place, value] of holm(p).entries()) expect(value).toBeCloseTo(corrected[place]!, 12);
});

it.each(vectors.posteriors)('has the posterior of $correct', ({ correct, responses, mean, sd }) => {
  const posterior = accuracyPosterior(correct, responses);
  expect(posterior.mean).toBeCloseTo(mean, 10);
  expect(posterior.sd).toBeCloseTo(sd, 10);
});

it.each(vectors.curves)('measures a curve of $curve.length points', ({ curve, level, steps, area }) => {
  expect(stepsToReach(curve, level)).toBeCloseTo(steps, 9);
  expect(areaUnderCurve(curve)).toBeCloseTo(area, 12);
});
