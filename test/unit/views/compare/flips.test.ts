import { expect, test } from 'vitest';
import { sharedProblems } from '../../../../src/views/compare/flips.js';
import { evaluatedGeometryOf, geometryOf, similarityBins } from '../../../../src/views/compare/geometry.js';
import { benchmarkRecord, groupRecord } from '../../runs/records.js';

const problem = (id: string, majority: number, correct = 4 * majority) => ({
  id,
  n: 4,
  correct,
  answers: 2,
  majority,
});

test('flipped: solved by most seeds of one and not of the other, those that differ most first', () => {
  const first = [
    [problem('both', 1), problem('near', 1), problem('clear', 1), problem('mine', 1)],
    [problem('both', 1), problem('near', 1), problem('clear', 1)],
    [problem('both', 0), problem('near', 0), problem('clear', 1)],
  ];
  const second = [
    [problem('both', 1), problem('near', 1), problem('clear', 0), problem('lost', 0)],
    [problem('both', 1), problem('near', 0), problem('clear', 0, 1)],
    null,
  ];
  const shared = sharedProblems(first, second);
  expect(shared.problems).toEqual([
    {
      id: 'clear',
      flipped: true,
      first: { seeds: 3, solved: 3, share: 1 },
      second: { seeds: 2, solved: 0, share: 0.125 },
    },
    // One of two seeds is not most of them.
    {
      id: 'near',
      flipped: true,
      first: { seeds: 3, solved: 2, share: 8 / 12 },
      second: { seeds: 2, solved: 1, share: 0.5 },
    },
    {
      id: 'both',
      flipped: false,
      first: { seeds: 3, solved: 2, share: 8 / 12 },
      second: { seeds: 2, solved: 2, share: 1 },
    },
  ]);
  expect(shared.missing).toBe(1);
  expect(sharedProblems(second, first).problems.map(({ id }) => id)).toEqual(['clear', 'near', 'both']);
  expect(sharedProblems([], []).problems).toEqual([]);
});

test('a tie for the most frequent answer is half a right one, and counts as solved', () => {
  expect(sharedProblems([[problem('tie', 0.5)]], [[problem('tie', 0.4)]]).problems).toMatchObject([
    { flipped: true },
  ]);
});

test('geometry: pairs in bins, shares of what is negative, and of groups that teach nothing', () => {
  const groups = [
    { ...groupRecord(1, 0), similarity: [-1] },
    { ...groupRecord(1, 1), similarity: [1], shaped: [1, 1] },
    { ...groupRecord(2, 0), similarity: [0.01], scalers: [2, 1] },
  ];
  const of = geometryOf('a', [groups.slice(0, 2), groups.slice(2)]);
  expect(of).toMatchObject({ runs: 2, groups: 3, pairs: 3, negative: 1 / 3, withoutSignal: 1 / 3 });
  expect(of.histogram).toHaveLength(similarityBins);
  expect([of.histogram[0], of.histogram[similarityBins / 2], of.histogram.at(-1)]).toEqual([1, 1, 1]);
  expect(of.scaler).toBeCloseTo((1.5 + 0.5 + 1.5 + 0.5 + 2 + 1) / 6, 12);
  expect(geometryOf('none', [])).toMatchObject({ pairs: 0, mean: null, negative: null, withoutSignal: null });
});

test('geometry of evaluations: pairs of all seeds, means over the seeds that have the figure', () => {
  const histogram = (bin: number) => Array.from({ length: 20 }, (_, place) => (place === bin ? 6 : 0));
  const records = [
    { ...benchmarkRecord(9, 0.4), similarity_mean: 0.2, similarity_histogram: histogram(12), logdet_mean: 8 },
    { ...benchmarkRecord(9, 0.5), similarity_mean: 0.1, similarity_histogram: histogram(11), logdet_mean: 9 },
    // Of an earlier version.
    { ...benchmarkRecord(9, 0.5), similarity_mean: 0.3, similarity_histogram: null },
    // Scores alone.
    { ...benchmarkRecord(9, 0.5), similarity_mean: null, negative_pair_ratio: null },
  ];
  const of = evaluatedGeometryOf('a', records);
  expect(of).toMatchObject({ name: 'a', runs: 3, undistributed: 1, logdet: 8.5, textSimilarity: null });
  expect(of.mean).toBeCloseTo(0.2, 12);
  expect([of.histogram[11], of.histogram[12]]).toEqual([6, 6]);
  expect(evaluatedGeometryOf('none', [])).toMatchObject({ runs: 0, histogram: [], mean: null });
});
