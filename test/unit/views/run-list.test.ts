/** Which runs the explorer shows, in which order, and how rows of one name are told apart. */
import { describe, expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { distinguish, runTitle } from '../../../src/runs/facts/distinguish.js';
import { filterSuggestions } from '../../../src/runs/facts/run-filter.js';
import { rowOf } from '../../../src/runs/facts/run-row.js';
import type { RunView } from '../../../src/runs/facts/run-summary.js';
import {
  defaultListSettings,
  filterOf,
  groupRuns,
  listSettingsOf,
  sortRuns,
} from '../../../src/views/run-list.js';
import { headingText, settingsText } from '../../../src/views/run-list-text.js';
import { nodeItem } from '../../../src/views/run-tree-model.js';
import { benchmarkRecord } from '../runs/records.js';
import { type RunOptions, runOf } from './fixtures.js';

interface Settings {
  method?: 'g2rl' | 'grpo' | 'dirl' | 'pass-at-k';
  seed?: number;
  lambda?: number;
  k?: number;
  learningRate?: number;
  tags?: string[];
}

function run(id: string, options: RunOptions = {}, settings: Settings = {}): RunView {
  const view = runOf({ id, benchmarks: [], state: 'finished', ...options });
  const { method = 'g2rl', seed = 0, lambda = 0.5, k = 4, learningRate = 1e-4, tags } = settings;
  const experiment = experimentSchema.parse({
    name: 'countdown',
    seed,
    method: { name: method, lambda, k },
    optimization: { learningRate },
  });
  const manifest = { ...view.summary.manifest, experiment, seed, ...(tags ? { tags } : {}) };
  return { ...view, summary: { ...view.summary, manifest } };
}

const ids = (runs: readonly RunView[]) => runs.map(({ summary }) => summary.id);

describe('the filter', () => {
  const runs = [
    run('a', { name: 'short', notes: 'first try with long prompts' }, { method: 'grpo', seed: 1 }),
    run('b', { name: 'short', state: 'failed' }, { seed: 12, tags: ['paper'] }),
    run('c', { name: 'grpo-like' }, { tags: ['paper', 'to check'] }),
  ];
  const found = (filter: string) => ids(runs.filter(filterOf(filter)));

  test.each([
    ['', ['a', 'b', 'c']],
    ['grpo', ['a', 'c']],
    ['GRPO short', ['a']],
    ['method:grpo', ['a']],
    ['method:', ['a', 'b', 'c']],
    ['failed', ['b']],
    ['state:failed', ['b']],
    ['seed:1', ['a']],
    ['"seed 1"', ['a', 'b']],
    ['tag:paper', ['b', 'c']],
    ['tag:"to check"', ['c']],
    ['"long prompts"', ['a']],
    ['"long pro', ['a']],
    ['constructor:x', []],
    ['no such run', []],
  ])('%s', (filter, expected) => expect(found(filter)).toEqual(expected));

  test('suggests what tells the runs apart, with how many it shows', () => {
    const suggestions = filterSuggestions(runs.map(rowOf));
    expect(suggestions).toContainEqual({ term: 'tag:paper', count: 2 });
    expect(suggestions).toContainEqual({ term: 'method:g2rl', count: 2 });
    for (const { term, count } of suggestions) {
      if (count !== null) expect(found(term), term).toHaveLength(count);
    }
  });

  test('finds runs by their study and variant', () => {
    const ofStudy = run('s', {});
    ofStudy.summary.manifest.study = { id: '2026-helps', variant: 'wide', seed: 0, point: {} };
    expect(['study:helps', 'variant:wide', 'wide'].map((term) => filterOf(term)(ofStudy))).toEqual([
      true,
      true,
      true,
    ]);
    expect(filterOf('study:helps')(run('t', {}))).toBe(false);
  });

  test('hides archived runs, unless they are asked for, or shown with the others', () => {
    const archived = run('z', {}, { method: 'grpo' });
    archived.summary.manifest.archived = true;
    const all = [...runs, archived];
    const shown = (filter: string, too: boolean) => ids(all.filter(filterOf(filter, too)));
    expect(shown('', false)).toEqual(['a', 'b', 'c']);
    expect(shown('', true)).toEqual(['a', 'b', 'c', 'z']);
    expect(shown('method:grpo', false)).toEqual(['a']);
    expect(shown('method:grpo', true)).toEqual(['a', 'z']);
    expect(shown('is:archived', true)).toEqual(['z']);
    expect(settingsText({ ...defaultListSettings, archived: true }, 4, 4).description).toBe(
      'with archived ones',
    );
    const item = nodeItem({ kind: 'run', key: 'z' }, archived, { traits: [], now: 0 });
    expect(item?.description).toMatch(/^archived · /);
  });

  test('is said above the rows, and the order beside the title', () => {
    expect(settingsText(defaultListSettings, 3, 3)).toEqual({ description: '', filter: '' });
    expect(settingsText({ filter: 'grpo', sort: 'score', group: 'state', archived: false }, 2, 3)).toEqual({
      description: 'sorted: Score (pass@1), grouped: State',
      filter: 'Filter: grpo (2 of 3 runs)',
    });
    expect(settingsText({ ...defaultListSettings, filter: 'x' }, 0, 3)).toEqual({
      description: 'filter: x',
      filter: '',
    });
  });

  test('of what an earlier version stored only what is known counts', () => {
    expect(listSettingsOf({ filter: 3, sort: 'age', group: 'method' })).toEqual({
      ...defaultListSettings,
      group: 'method',
    });
    expect(listSettingsOf(undefined)).toEqual(defaultListSettings);
  });
});

describe('order and headings', () => {
  const runs = [
    run('a', { name: 'run 10', createdAt: '2026-01-01T00:00:00Z', benchmarks: [benchmarkRecord(5, 0.2)] }),
    run('b', { name: 'run 9', createdAt: '2026-01-02T00:00:00Z', state: 'running' }, { method: 'grpo' }),
    run('c', { name: 'run 1', createdAt: '2026-01-03T00:00:00Z', benchmarks: [benchmarkRecord(5, 0.9)] }),
    run('d', { name: 'run 2', createdAt: '2025-01-01T00:00:00Z', pinned: true, state: 'lost' }),
  ];

  test.each([
    ['newest', ['d', 'c', 'b', 'a']],
    ['oldest', ['d', 'a', 'b', 'c']],
    ['name', ['d', 'c', 'b', 'a']],
    ['score', ['d', 'c', 'a', 'b']],
    ['state', ['d', 'b', 'c', 'a']],
  ] as const)('%s, pinned first', (sort, expected) => expect(ids(sortRuns(runs, sort))).toEqual(expected));

  test('every run stands under one heading; states in their own order', () => {
    const groups = (group: 'state' | 'method' | 'experiment') =>
      [...groupRuns(sortRuns(runs, 'newest'), group)].map(([title, list]) => [title, ...ids(list)]);
    expect(groups('method')).toEqual([
      ['g2rl', 'd', 'c', 'a'],
      ['grpo', 'b'],
    ]);
    expect(groups('state').map(([title]) => title)).toEqual(['running', 'lost', 'finished']);
    expect(groups('experiment')).toEqual([['a.g2rl.json', 'd', 'c', 'b', 'a']]);
  });
});

test('days are those of the clock on the wall, the last two with their names', () => {
  const at = (hour: number) => new Date(2026, 0, 2, hour).toISOString();
  const runs = [
    run('a', { createdAt: at(23) }),
    run('b', { createdAt: at(1) }),
    run('c', { createdAt: at(-1) }),
    run('d', { createdAt: at(-48) }),
  ];
  const groups = groupRuns(runs, 'day');
  expect([...groups].map(([day, list]) => [day, ids(list)])).toEqual([
    ['2026-01-02', ['a', 'b']],
    ['2026-01-01', ['c']],
    ['2025-12-31', ['d']],
  ]);
  const now = new Date(2026, 0, 2, 12).getTime();
  expect([...groups.keys()].map((day) => headingText(day, 'day', now))).toEqual([
    'Today',
    'Yesterday',
    '2025-12-31',
  ]);
  expect(headingText('failed', 'state', now)).toBe('failed');
});

describe('rows of one name', () => {
  const traits = (...runs: RunView[]) => [...distinguish(runs.map(({ summary }) => summary)).values()];

  test('say in what they differ, the method always', () => {
    expect(
      traits(
        run('a', { name: 'short' }, { seed: 1 }),
        run('b', { name: 'short' }, { seed: 2, lambda: 0.2 }),
        run('c', { name: 'short' }, { seed: 2, method: 'grpo', learningRate: 2e-5 }),
        run('d', { name: 'other' }, { seed: 9 }),
      ),
    ).toEqual([
      ['g2rl', 'seed 1', 'λ 0.5', 'lr 1e−4'],
      ['g2rl', 'seed 2', 'λ 0.2', 'lr 1e−4'],
      // λ is no setting of GRPO.
      ['grpo', 'seed 2', 'lr 2e−5'],
      ['g2rl'],
    ]);
  });

  test('settings are named where the method reads them', () => {
    expect(
      traits(
        run('a', { name: 'short' }, { lambda: 0.2 }),
        run('b', { name: 'short' }, { method: 'dirl', k: 2 }),
        run('c', { name: 'short' }, { method: 'pass-at-k', k: 8 }),
      ),
    ).toEqual([
      ['g2rl', 'λ 0.2'],
      ['dirl', 'λ 0.5'],
      ['pass-at-k', 'k 8'],
    ]);
  });

  test('eight seeds of one experiment are eight rows', () => {
    const runs = Array.from({ length: 8 }, (_, seed) => run(`r${seed}`, { name: 'short' }, { seed }));
    const known = distinguish(runs.map(({ summary }) => summary));
    const rows = runs.map((one) =>
      nodeItem({ kind: 'run', key: one.summary.id }, one, { traits: known.get(one.summary.id)!, now: 0 }),
    );
    expect(new Set(rows.map((row) => row?.description)).size).toBe(8);
    expect(rows[3]?.description).toBe('g2rl · seed 3 · just now');
  });

  test('a long name leaves room for the score, and the score has its name', () => {
    const long = run('a', { name: 'a-name-that-is-rather-long-17', benchmarks: [benchmarkRecord(5, 0.5)] });
    const item = nodeItem({ kind: 'run', key: 'a' }, long, { traits: ['g2rl'], now: 0 });
    expect(item?.label).toBe('a-name-that-…her-long-17');
    expect(item?.description).toContain('pass@1 50.0 %');
  });

  test('a sentence about a run says which', () => {
    const { summary } = run('a', { name: 'short' }, { seed: 3 });
    expect(runTitle(summary)).toBe('short (g2rl, seed 3)');
    expect(runTitle(summary, ['g2rl', 'seed 3', 'λ 0.2'])).toBe('short (g2rl, seed 3, λ 0.2)');
  });
});
