/** What the table of runs learns: all rows once, then those that changed; what it may ask for. */
import { describe, expect, test } from 'vitest';
import { parseTableMessage } from '../../../src/contract/table-messages.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { TableRows } from '../../../src/views/runs-table/table-rows.js';
import { runOf } from './fixtures.js';

type Overrides = Parameters<typeof runOf>[0] & { seed?: number; lambda?: number };

function run(id: string, { seed = 0, lambda = 0.5, ...options }: Overrides = {}) {
  const view = runOf({ id, state: 'finished', ...options });
  const experiment = experimentSchema.parse({ name: id, seed, method: { name: 'g2rl', lambda } });
  const manifest = { ...view.summary.manifest, experiment, seed };
  return { ...view, directory: `/runs/${id}`, summary: { ...view.summary, manifest } };
}

describe('rows', () => {
  test('have the settings in which the runs differ; names and seeds are none', () => {
    const all = new TableRows().all([run('a', { seed: 1 }), run('b', { lambda: 1, seed: 2 }), run('c')]);
    expect(all.map(({ settings }) => settings)).toEqual([
      { 'method.lambda': '0.5' },
      { 'method.lambda': '1' },
      { 'method.lambda': '0.5' },
    ]);
  });

  test('are sent again only when something of them changed', () => {
    const rows = new TableRows();
    const runs = [run('a'), run('b'), run('c')];
    rows.all(runs);
    expect(rows.changes(runs, new Set(['/runs/a', '/runs/b']), false)).toEqual({ changed: [], removed: [] });
    const later = [run('a'), run('b', { status: { step: 35 } })];
    const { changed, removed } = rows.changes(later, new Set(['/runs/a', '/runs/b', '/runs/c']), false);
    expect(changed.map(({ id, step }) => [id, step])).toEqual([['b', 35]]);
    expect(removed).toEqual(['/runs/c']);
  });

  test('get a setting that a new run makes a difference', () => {
    const rows = new TableRows();
    rows.all([run('a')]);
    const { changed } = rows.changes([run('a'), run('b', { lambda: 1 })], new Set(['/runs/b']), true);
    expect(changed.map(({ id, settings }) => [id, settings])).toEqual([
      ['a', { 'method.lambda': '0.5' }],
      ['b', { 'method.lambda': '1' }],
    ]);
  });

  test('of 5,000 runs are made in a moment and are small', () => {
    const runs = Array.from({ length: 5000 }, (_, index) =>
      run(`r${index}`, { seed: index, lambda: (index % 10) / 10, steps: 20 }),
    );
    const started = performance.now();
    const text = JSON.stringify(new TableRows().all(runs));
    // Generous: other programs may be busy.
    expect(performance.now() - started, 'milliseconds').toBeLessThan(3000);
    expect(text.length / runs.length).toBeLessThan(1500);
  });
});

describe('messages of the page', () => {
  test.each([
    null,
    'ready',
    {},
    { type: 'constructor' },
    { type: 'command', command: 'format', runs: ['/a'] },
    { type: 'command', command: 'delete', runs: '/a' },
    { type: 'edit', run: '/a', field: 'seed', value: '1' },
    { type: 'edit', run: '/a', field: 'name', value: 3 },
    { type: 'edit', run: '/a', field: 'notes', value: 'x'.repeat(200_000) },
    { type: 'export', runs: ['/a'], table: { columns: ['a'], rows: [[{}]] } },
    { type: 'layout', layout: 'wide' },
  ])('%j is refused', (message) => expect(parseTableMessage(message)).toBeNull());

  test('are taken with their known fields only', () => {
    const message = { type: 'edit', run: '/a', field: 'name', value: 'b', more: 1 };
    expect(parseTableMessage(message)).toEqual({ type: 'edit', run: '/a', field: 'name', value: 'b' });
    const command = { type: 'command', command: 'pin', runs: ['/a'] };
    expect(parseTableMessage(command)).toEqual(command);
    const table = { columns: ['a'], rows: [['x', 1, null]] };
    expect(parseTableMessage({ type: 'export', runs: [], table })).toEqual({
      type: 'export',
      runs: [],
      table,
    });
  });
});
