import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeBySteps } from '../../../src/runs/facts/merge.js';
import { SeriesColumns } from '../../../src/series/columns.js';

describe('columns', () => {
  it('grow, have gaps where a step lacks a value, and keep what comes late', () => {
    const columns = new SeriesColumns();
    columns.append([
      { step: 1, a: 5 },
      { step: 2, b: 6, text: 'x' },
    ]);
    columns.append(Array.from({ length: 600 }, (_, place) => ({ step: place + 3, a: place })));
    expect(columns.length).toBe(602);
    expect(columns.names).toEqual(['step', 'a', 'b']);
    expect([...columns.column('a')!.slice(0, 4)]).toEqual([5, Number.NaN, 0, 1]);
    expect([...columns.column('b')!.slice(0, 3)]).toEqual([Number.NaN, 6, Number.NaN]);
    expect(columns.column('c')).toBeUndefined();
    expect(columns.column('step')!.at(-1)).toBe(602);
  });

  it('hold of each step what was written last, as the readers of runs do', () => {
    const columns = new SeriesColumns();
    columns.append([
      { step: 1, a: 1 },
      { step: 3, a: 3, b: 3 },
    ]);
    columns.append([
      { step: 3, a: 30 },
      { step: 2, b: 2 },
    ]);
    expect([...columns.column('step')!]).toEqual([1, 2, 3]);
    expect([...columns.column('a')!]).toEqual([1, Number.NaN, 30]);
    expect([...columns.column('b')!]).toEqual([Number.NaN, 2, Number.NaN]);
    columns.reset();
    expect([columns.length, columns.names]).toEqual([0, []]);
  });

  it('agree with the merging of records', () => {
    const records = fc.array(fc.record({ step: fc.integer({ min: 0, max: 20 }), a: fc.integer() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(records, records, (first, second) => {
        const columns = new SeriesColumns();
        columns.append(first);
        columns.append(second);
        const merged = mergeBySteps(mergeBySteps([], first), second);
        expect([...(columns.column('step') ?? [])]).toEqual(merged.map(({ step }) => step));
        expect([...(columns.column('a') ?? [])]).toEqual(merged.map(({ a }) => a));
      }),
    );
  });
});
