/** The distribution of S, and log det(I + S). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupSimilarity, logDeterminant } from '../../../src/g2rl/similarity.js';
import { pairStatistics, similarityHistogram, upperTriangle } from '../../../src/g2rl/statistics.js';

interface GeometryCase {
  name: string;
  features: number[][];
  similarity: number[][];
  expected: { histogram: number[]; logdet: number };
}

const cases = JSON.parse(
  readFileSync(new URL('../../vectors/geometry.json', import.meta.url), 'utf8'),
) as GeometryCase[];

const geometryOf = (rows: readonly (readonly number[])[]) =>
  groupSimilarity(Float64Array.from(rows.flat()), rows[0]!.length, rows.length);

describe('geometry vectors', () => {
  it.each(cases)('$name', ({ features, similarity, expected }) => {
    const group = geometryOf(features);
    for (const [place, value] of similarity.flat().entries()) {
      expect(Math.abs(group.similarity[place]! - value)).toBeLessThan(1e-12);
    }
    expect(Math.abs(logDeterminant(group.similarity, features.length) - expected.logdet)).toBeLessThan(1e-9);
    // Edges are exact: S itself, not one that is a bit off.
    const exact = upperTriangle(Float64Array.from(similarity.flat()), features.length);
    expect(similarityHistogram(exact)).toEqual(expected.histogram);
  });
});

/** Features on a grid, so that duplicates, opposites and zero features come up often. */
const rowsArbitrary = fc.integer({ min: 1, max: 5 }).chain((dimension) =>
  fc.array(
    fc.array(
      fc.integer({ min: -6, max: 6 }).map((value) => value / 4),
      { minLength: dimension, maxLength: dimension },
    ),
    { minLength: 1, maxLength: 9 },
  ),
);

describe('log det(I + S)', () => {
  it('is from 0 to m ln 2, whatever the order of the responses', () => {
    const shuffled = rowsArbitrary.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([rows, moved]) => {
        const m = rows.length;
        const found = logDeterminant(geometryOf(rows).similarity, m);
        expect(found).toBeGreaterThanOrEqual(-1e-12);
        expect(found).toBeLessThanOrEqual(m * Math.LN2 + 1e-12);
        expect(logDeterminant(geometryOf(moved).similarity, m)).toBeCloseTo(found, 9);
      }),
    );
  });

  it('grows by at most ln 2 with a further response, and never falls', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        fc.pre(rows.length > 1);
        const all = logDeterminant(geometryOf(rows).similarity, rows.length);
        const without = logDeterminant(geometryOf(rows.slice(1)).similarity, rows.length - 1);
        expect(all - without).toBeGreaterThanOrEqual(-1e-12);
        expect(all - without).toBeLessThanOrEqual(Math.LN2 + 1e-12);
      }),
    );
  });
});

describe('the distribution of S', () => {
  it('has each pair once, the negative ones in its lower half', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const group = geometryOf(rows);
        const { pairs, negativePairRatio } = pairStatistics([group]);
        const counts = similarityHistogram(upperTriangle(group.similarity, rows.length));
        const sum = (some: readonly number[]) => some.reduce((total, count) => total + count, 0);
        expect(sum(counts)).toBe(pairs);
        expect(sum(counts.slice(0, 10))).toBe(Math.round((negativePairRatio ?? 0) * pairs));
      }),
    );
  });

  it('takes both ends, and leaves out what is not finite', () => {
    expect(similarityHistogram([-1, 1, 0.999, Number.NaN, -1e-18, 0], 4)).toEqual([1, 1, 1, 2]);
  });
});
