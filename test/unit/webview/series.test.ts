import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  mergeBenchmarks,
  mergeBySteps,
  mergeSteps,
  rangesOf,
  stepsIn,
} from '../../../src/runs/facts/merge.js';
import { column, indexAt, nearestIndex, smooth, thin } from '../../../webview/src/lib/series.js';
import { benchmarkRecord } from '../runs/records.js';

const steps = (...values: number[]) => values.map((step) => ({ step, value: step * 10 }));

describe('merging records by step', () => {
  test('newer steps are appended', () => {
    expect(mergeBySteps(steps(1, 2), steps(3, 4))).toEqual(steps(1, 2, 3, 4));
  });

  test('after a resume the later record of a step counts, and order is by step', () => {
    const merged = mergeBySteps(steps(1, 2, 3), [
      { step: 2, value: -1 },
      { step: 3, value: -2 },
    ]);
    expect(merged).toEqual([
      { step: 1, value: 10 },
      { step: 2, value: -1 },
      { step: 3, value: -2 },
    ]);
  });

  test('equals a naive merge whatever arrives', () => {
    const records = fc.array(fc.record({ step: fc.nat(20), value: fc.integer() }));
    fc.assert(
      fc.property(records, records, (first, second) => {
        const known = mergeBySteps([], first);
        const byStep = new Map([...known, ...second].map((record) => [record.step, record]));
        const naive = [...byStep.values()].sort((a, b) => a.step - b.step);
        expect(mergeBySteps(known, second)).toEqual(naive);
      }),
    );
  });

  test('scores count by step and benchmark, steps once', () => {
    const score = fc
      .record({ step: fc.nat(3), benchmark: fc.constantFrom('a', 'b', 'c'), passAt1: fc.float() })
      .map(({ step, benchmark, passAt1 }) => benchmarkRecord(step, passAt1, benchmark));
    fc.assert(
      fc.property(fc.array(score), fc.array(score), (first, second) => {
        const merged = mergeBenchmarks(mergeBenchmarks([], first), second);
        const all = [...first, ...second];
        const lastOf = (one: (typeof all)[number]) =>
          all.findLast(({ step, benchmark }) => step === one.step && benchmark === one.benchmark);
        expect(merged.map(({ step }) => step)).toEqual(
          merged.map(({ step }) => step).toSorted((a, b) => a - b),
        );
        expect(new Set(merged)).toEqual(new Set(all.map(lastOf)));
        expect(merged).toHaveLength(new Set(merged).size);
      }),
    );
    expect(mergeSteps([1, 2], [3, 4])).toEqual([1, 2, 3, 4]);
    expect(mergeSteps([1, 3], [2, 3, 5])).toEqual([1, 2, 3, 5]);
  });

  test('steps are sent as ranges: a run that records each one as a single range', () => {
    expect(rangesOf([])).toEqual([]);
    expect(rangesOf([1, 2, 3, 10, 20, 30, 31])).toEqual([
      [1, 3, 1],
      [10, 30, 10],
      [31, 31, 1],
    ]);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), (some) => {
        const ascending = some.toSorted((a, b) => a - b);
        expect(stepsIn(rangesOf(ascending))).toEqual(ascending);
      }),
    );
  });

  test('a long run is merged whole, at once or again', () => {
    const all = Array.from({ length: 200_000 }, (_, step) => ({ step }));
    const merged = mergeBySteps(all.slice(0, 10), all);
    // Element by element: a comparison that can explain itself takes seconds.
    const again = mergeBySteps(merged, all);
    expect(again).toHaveLength(all.length);
    expect(again.every((record, index) => record === all[index])).toBe(true);
  });
});

describe('finding a step', () => {
  test('the one at or before, and the nearest', () => {
    const known = [620, 622, 625];
    expect([619, 620, 621, 623, 624, 700].map((step) => indexAt(known, step))).toEqual([-1, 0, 0, 1, 1, 2]);
    expect([1, 621, 621.5, 623, 624, 700].map((step) => nearestIndex(known, step))).toEqual([
      0, 0, 1, 1, 2, 2,
    ]);
    expect([indexAt([], 3), nearestIndex([], 3)]).toEqual([-1, -1]);
  });

  test('equals looking at each', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50)), fc.nat(60), (values, step) => {
        const known = values.toSorted((a, b) => a - b);
        expect(indexAt(known, step)).toBe(known.findLastIndex((one) => one <= step));
      }),
    );
  });
});

describe('smoothing', () => {
  test('0 changes nothing and the first value stays the first point', () => {
    expect(smooth([3, 5, 4], 0)).toEqual([3, 5, 4]);
    expect(smooth([3, 5, 4], 0.9)[0]).toBeCloseTo(3, 12);
  });

  test('equals the weighted mean of all values so far', () => {
    const values = [2, -1, 4, 0.5, 7];
    const smoothed = smooth(values, 0.8);
    for (let end = 0; end < values.length; end++) {
      let sum = 0;
      let weight = 0;
      for (let index = 0; index <= end; index++) {
        sum += 0.8 ** (end - index) * values[index]!;
        weight += 0.8 ** (end - index);
      }
      expect(smoothed[end]).toBeCloseTo(sum / weight, 12);
    }
  });

  test('missing values stay missing and do not disturb the others', () => {
    expect(smooth([1, null, 1], 0.5)).toEqual([1, null, 1]);
  });
});

describe('thinning', () => {
  test('few points are all kept', () => {
    expect(thin(4, [[1, 2, 3, 4]], 2)).toEqual([0, 1, 2, 3]);
  });

  test('keeps the ends and the extremes of every series, in order', () => {
    const low = Array.from({ length: 10_000 }, (_, index) => Math.sin(index / 50));
    const high = low.map((value) => -value);
    low[4321] = -9;
    high[777] = 9;
    const kept = thin(low.length, [low, high], 100);
    expect(kept.length).toBeLessThanOrEqual(402);
    expect(kept).toContain(4321);
    expect(kept).toContain(777);
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBe(9999);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
  });
});

test('a column has null where a value is missing or not finite', () => {
  const records: { step: number; kl?: number | null }[] = [
    { step: 1, kl: 0.5 },
    { step: 2 },
    { step: 3, kl: null },
  ];
  expect(column(records, 'kl')).toEqual([0.5, null, null]);
});
