/** Groups and layouts of the table of runs. */
import { expect, test } from 'vitest';
import { commonValue, groupFigure } from '../../../webview/src/table/groups.js';
import { defaultLayout, frozenColumns, layoutOf } from '../../../webview/src/table/layout.js';

test('a group has count, mean and the deviation with n − 1 of those runs that have a value', () => {
  expect(groupFigure([1, undefined, 2, 4, Number.NaN])).toEqual({
    n: 3,
    mean: 7 / 3,
    sd: Math.sqrt(((1 - 7 / 3) ** 2 + (2 - 7 / 3) ** 2 + (4 - 7 / 3) ** 2) / 2),
  });
  expect(groupFigure([3])).toEqual({ n: 1, mean: 3, sd: null });
  expect(groupFigure([undefined])).toBeNull();
  expect([commonValue(['a', 'a']), commonValue(['a', 'b'])]).toEqual(['a', undefined]);
});

test('of a layout that was stored only what this version knows counts', () => {
  expect(layoutOf(null)).toEqual(defaultLayout);
  expect(layoutOf({ filter: 3, sorting: 'name', group: 1, order: {}, shown: [], widths: null })).toEqual(
    defaultLayout,
  );
  expect(
    layoutOf({
      filter: 'a',
      sorting: [{ id: 'name' }, 3],
      order: ['name', 4],
      shown: { seed: false, x: 1 },
      widths: { name: 100, seed: -5 },
    }),
  ).toEqual({
    ...defaultLayout,
    filter: 'a',
    sorting: [{ id: 'name', desc: false }],
    order: ['name'],
    shown: { seed: false },
    widths: { name: 100 },
  });
});

test('columns that identify a run stay in view, as many as leave room for others', () => {
  const columns = ['state', 'seed', 'name', 'pinned'].map((id) => ({ id, width: 100 }));
  const frozen = (width: number, group: string | null = null) => [...frozenColumns(columns, group, width)];
  expect(frozen(500)).toEqual([
    ['state', 0],
    ['name', 100],
    ['pinned', 200],
  ]);
  expect(frozen(499)).toEqual([['name', 0]]);
  expect(frozen(166)).toEqual([]);
  expect(frozen(340, 'seed')).toEqual([
    ['seed', 0],
    ['name', 100],
  ]);
  expect(frozen(200, 'seed')).toEqual([['seed', 0]]);
});
