import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeriesColumns } from '../../../src/series/columns.js';
import { type SlicesQuery, slicesOf } from '../../../src/series/slices.js';
import { smooth } from '../../../webview/src/lib/series.js';
import { type Drawn, grown, partOf, spliced } from '../../../webview/src/lib/slices.js';

const all: SlicesQuery = {
  metrics: ['a', 'b'],
  averaged: ['a'],
  from: null,
  to: null,
  width: 50,
  smoothing: 0.9,
};

type Pair = [a: number | null, b: number | null];

/** Steps from 1 on; null is a gap. */
function columnsOf(pairs: readonly Pair[]): SeriesColumns {
  const columns = new SeriesColumns();
  columns.append(pairs.map(([a, b], index) => ({ step: index + 1, a, b })));
  return columns;
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: -9, max: 9, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const pairs = (maxLength: number) => fc.array(fc.tuple(value, value), { minLength: 1, maxLength });
const numbers = (list: readonly (number | null)[]) => list.filter((one) => one !== null);

function expectClose(found: readonly (number | null)[], wanted: readonly (number | null)[]): void {
  expect(found.map((one) => one === null)).toEqual(wanted.map((one) => one === null));
  for (const [index, one] of wanted.entries()) if (one !== null) expect(found[index]).toBeCloseTo(one, 10);
}

describe('slices of a run', () => {
  test('a run with room for all of it is all there, with the averages that a page computes', () => {
    fc.assert(
      fc.property(pairs(100), (list) => {
        const part = partOf(all, slicesOf(columnsOf(list), all));
        expect([part.exact, part.count]).toEqual([true, list.length]);
        expect(part.steps).toEqual(list.map((_, index) => index + 1));
        expect(part.values).toEqual([list.map(([a]) => a), list.map(([, b]) => b)]);
        expectClose(
          part.averages[0]!,
          smooth(
            list.map(([a]) => a),
            0.9,
          ),
        );
      }),
    );
  });

  test('a longer one keeps its ends and the extremes of each metric, and is short; averages are those of all steps', () => {
    fc.assert(
      fc.property(pairs(600), fc.integer({ min: 3, max: 20 }), (list, width) => {
        const query = { ...all, width };
        const part = partOf(query, slicesOf(columnsOf(list), query));
        expect(part.steps.length).toBeLessThanOrEqual(4 * width + 2);
        expect([part.steps[0], part.steps.at(-1)]).toEqual([1, list.length]);
        for (const [metric, values] of part.values.entries()) {
          const whole = list.map((pair) => pair[metric as 0 | 1]);
          expect(values).toEqual(part.steps.map((step) => whole[step - 1]));
          expect(Math.max(...numbers(values))).toBe(Math.max(...numbers(whole)));
          expect(Math.min(...numbers(values))).toBe(Math.min(...numbers(whole)));
        }
        const averages = smooth(
          list.map(([a]) => a),
          0.9,
        );
        expectClose(
          part.averages[0]!,
          part.steps.map((step) => averages[step - 1]!),
        );
      }),
    );
  });

  test('of what is zoomed into, all points, and one beyond each edge', () => {
    const columns = columnsOf(Array.from({ length: 5000 }, (_, index): Pair => [Math.sin(index), index]));
    const query = { ...all, from: 1000.5, to: 1020 };
    const part = partOf(query, slicesOf(columns, query));
    expect([part.exact, part.steps[0], part.steps.at(-1), part.steps.length]).toEqual([true, 1000, 1021, 22]);
    const averages = smooth(
      Array.from({ length: 5000 }, (_, index) => Math.sin(index)),
      0.9,
    );
    expectClose(part.averages[0]!, averages.slice(999, 1021));
    const near = { ...all, from: 3000, to: 3000 };
    expect(partOf(near, slicesOf(columns, near)).steps).toEqual([2999, 3000, 3001]);
  });

  test('unknown metrics, and a run without steps, are gaps and nothing', () => {
    const query = { ...all, metrics: ['none'], averaged: ['none'] };
    expect(partOf(query, slicesOf(columnsOf([[1, 2]]), query))).toMatchObject({
      values: [[null]],
      averages: [[null]],
    });
    expect(partOf(all, slicesOf(new SeriesColumns(), all))).toMatchObject({
      steps: [],
      count: 0,
      exact: true,
    });
  });
});

describe('what a page makes of them', () => {
  test('steps that come go on as if all had been asked for', () => {
    fc.assert(
      fc.property(pairs(60), pairs(30), (first, more) => {
        const whole = columnsOf([...first, ...more]);
        const part = partOf(all, slicesOf(columnsOf(first), all));
        const added = more.flatMap((_, index) => whole.record(first.length + index + 1) ?? []);
        const found = grown(part, added, whole.version);
        const query = { ...all, width: 1000 };
        const wanted = partOf(query, slicesOf(whole, query));
        expect([found.steps, found.values, found.count]).toEqual([wanted.steps, wanted.values, wanted.count]);
        expectClose(found.averages[0]!, wanted.averages[0]!);
      }),
    );
  });

  test('a finer slice takes the place of what was coarse', () => {
    const drawn = (...steps: number[]): Drawn => ({
      steps,
      values: [steps.map((step) => step * 10)],
      averages: [],
    });
    const coarse = drawn(1, 100, 200, 300);
    expect(spliced(coarse, null)).toBe(coarse);
    expect(spliced(coarse, drawn(149, 150, 151))).toEqual(drawn(1, 100, 149, 150, 151, 200, 300));
    expect(spliced(coarse, drawn(99, 100, 101))).toEqual(drawn(1, 99, 100, 101, 200, 300));
    expect(spliced(coarse, drawn(299, 300))).toEqual(drawn(1, 100, 200, 299, 300));
    expect(spliced(coarse, drawn(1, 2))).toEqual(drawn(1, 2, 100, 200, 300));
  });
});
