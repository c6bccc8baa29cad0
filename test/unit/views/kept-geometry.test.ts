import { expect, test } from 'vitest';
import type { EvaluatedProblem } from '../../../src/runs/protocol/schema.js';
import { keptGeometry } from '../../../src/views/kept-geometry.js';

const problem = (id: string, n: number, similarity?: number[]): EvaluatedProblem => ({
  ...{ id, n, correct: 0, answers: 0, majority: 0, problem: '', gold: '', responses: [] },
  ...(similarity && { similarity }),
});

const runWith = (problems: EvaluatedProblem[]) => ({
  evaluation: async () => problems,
  problem: async (_step: number, _benchmark: string, id: string) =>
    problems.find((one) => one.id === id) ?? null,
});

test('the distribution of S and log det(I + S) of an evaluation without them come from the pairs that were kept', async () => {
  const found = await keptGeometry(
    // Two directions of three responses; then one that has none, for it overlaps with nobody.
    runWith([problem('a', 3, [1, 0.0001, 0.0001]), problem('b', 3, [-1, 0, 0]), problem('c', 1)]),
    9,
    'sums',
  );
  expect(found?.histogram).toEqual([1, ...Array(9).fill(0), 4, ...Array(8).fill(0), 1]);
  expect(found?.logdet).toBeCloseTo((Math.log(6) + Math.log(3)) / 2, 4);
});

test('where only some of the pairs were kept, log det(I + S) is left open; without any there is nothing', async () => {
  expect(await keptGeometry(runWith([problem('a', 4, [1, 1, 1])]), 9, 'sums')).toMatchObject({
    logdet: null,
  });
  expect(await keptGeometry(runWith([problem('a', 4)]), 9, 'sums')).toBeNull();
});
