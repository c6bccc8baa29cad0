/** Which rows of the explorer are looked at after a change: with thousands of them not all. */
import { expect, test } from 'vitest';
import { PaintedRows } from '../../../src/views/painted-rows.js';
import type { WatchedRun } from '../../../src/views/run-feed.js';
import type { LibraryChange } from '../../../src/views/run-library.js';
import { defaultListSettings, type RunListSettings } from '../../../src/views/run-list.js';
import { runOf } from './fixtures.js';

const listed = new Set(['/a', '/b', '/c']);
const traits = new Map([...listed].map((directory) => [directory, 'g2rl']));
const traitsOf = (directory: string) => traits.get(directory) ?? '';

function painted(): PaintedRows {
  const rows = new PaintedRows();
  for (const directory of listed) rows.paint(directory, directory, 'g2rl');
  return rows;
}

const { summary } = runOf({});
const run = { directory: '/b', summary } as WatchedRun;
const step: LibraryChange = {
  ...{ kind: 'changed', run },
  change: { kind: 'summary', changes: { status: null } },
};
const tagged: LibraryChange = {
  ...{ kind: 'changed', run },
  change: { kind: 'summary', changes: { manifest: summary.manifest } },
};
const suspects = (rows: PaintedRows) => [...rows.suspects(listed, traitsOf)];

test('at a step that of the run alone, and no row moves', () => {
  const rows = painted();
  rows.touch(step, defaultListSettings);
  expect([suspects(rows), rows.mayMove]).toEqual([['/b'], false]);
  rows.settle();
  expect(suspects(rows)).toEqual([]);
});

test.each<Partial<RunListSettings>>([
  { filter: 'step>3' },
  { sort: 'state' },
  { sort: 'score' },
  { group: 'state' },
])('a step may move a row where %j is chosen', (settings) => {
  const rows = painted();
  rows.touch(step, { ...defaultListSettings, ...settings });
  expect([suspects(rows), rows.mayMove]).toEqual([['/b'], true]);
});

test('at another name or setting also those that it tells apart', () => {
  const rows = painted();
  rows.touch(tagged, defaultListSettings);
  expect([suspects(rows), rows.mayMove]).toEqual([['/b'], true]);
  traits.set('/c', 'g2rl seed 3');
  expect(suspects(rows)).toEqual(['/b', '/c']);
});

test('all when time has passed; never one that is not painted, not listed or gone', () => {
  const rows = painted();
  rows.age();
  expect(suspects(rows)).toEqual(['/a', '/b', '/c']);
  rows.touch({ kind: 'removed', run }, defaultListSettings);
  expect(suspects(rows)).toEqual(['/a', '/c']);
  expect([...rows.suspects(new Set(['/c', '/d']), traitsOf)]).toEqual(['/c']);
});
