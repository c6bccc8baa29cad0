import { expect, test } from 'vitest';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { type GroupableRun, groupRuns, newestOfEachSeed } from '../../../../src/views/compare/grouping.js';
import { placesOf } from '../../../../src/views/compare/places.js';
import { settingRows } from '../../../../src/views/compare/settings.js';
import { runOf } from '../fixtures.js';

let count = 0;

function run(seed: number, settings: object = {}, manifest: object = {}): GroupableRun {
  const id = `run-${count}`;
  const { summary } = runOf({ id, createdAt: new Date(1e12 + 1000 * count++).toISOString() });
  const experiment = experimentSchema.parse({ name: `name-${count}`, seed, ...settings });
  return {
    directory: `/runs/${id}`,
    summary: { ...summary, manifest: { ...summary.manifest, seed, experiment, ...manifest } },
  };
}
const method = (name: string, rest: object = {}) => ({ method: { name, ...rest } });

test('what differs in the seed, the name, the device or the threads alone is one variant, by seed', () => {
  const variants = groupRuns([run(1), run(0, { threads: 2 }), run(2), run(3, { device: 'cpu' })]);
  expect(variants).toHaveLength(1);
  expect(variants[0]?.runs.map(({ summary }) => summary.manifest.seed)).toEqual([0, 1, 2, 3]);
  // Nothing tells it apart: it is called as its run.
  expect(variants[0]?.name).toBe('countdown');
});

test('variants are named by what differs, the method first, and are in the order of their oldest runs', () => {
  const rate = { optimization: { learningRate: 2e-4 } };
  const variants = groupRuns([
    run(0, method('grpo')),
    run(0, { ...method('g2rl'), ...rate }),
    run(1, method('grpo')),
    run(1, { ...method('g2rl'), ...rate }),
  ]);
  expect(variants.map(({ name, runs }) => [name, runs.length])).toEqual([
    ['grpo learningRate=0.0001', 2],
    ['g2rl learningRate=0.0002', 2],
  ]);
});

test('a setting of G2RL does not name a run of another method, and every name is unique', () => {
  const variants = groupRuns([
    run(0, method('g2rl', { lambda: 1 })),
    run(0, method('g2rl', { lambda: 0.5 })),
    run(0, method('grpo', { lambda: 1 })),
    run(0, method('grpo', { lambda: 0.5 })),
  ]);
  expect(variants.map(({ name }) => name)).toEqual(['g2rl lambda=1', 'g2rl lambda=0.5', 'grpo', 'grpo (2)']);
});

test('of a seed that was run twice the newest run counts', () => {
  const [older, newer, other] = [run(3), run(3), run(4)];
  expect(newestOfEachSeed([newer, other, older])).toEqual([newer, other]);
});

test('only what differs is listed: absent is not null, and code, versions and device are there', () => {
  const [a, b] = [
    run(0, {}, { git: { commit: 'abcdef0123456789', dirty: true }, versions: { torch: '2.9' } }),
    run(0, method('grpo'), { device: 'NVIDIA H100', git: null, versions: {} }),
  ];
  const without = structuredClone(b.summary.manifest.experiment) as Record<string, unknown>;
  delete without.threads;
  const variants = [
    { name: 'a', variant: 'a', runs: [a] },
    {
      name: 'b',
      variant: 'b',
      runs: [
        {
          ...b,
          summary: {
            ...b.summary,
            manifest: { ...b.summary.manifest, experiment: without as typeof b.summary.manifest.experiment },
          },
        },
      ],
    },
  ];
  expect(settingRows(variants)).toEqual([
    { path: 'threads', values: [JSON.stringify(a.summary.manifest.experiment.threads), null] },
    { path: 'method.name', values: ['"g2rl"', '"grpo"'] },
    { path: 'device (run)', values: ['CPU, 2 threads', 'NVIDIA H100'] },
    { path: 'commit', values: ['abcdef012345 with changes', null] },
    { path: 'version of torch', values: ['2.9', null] },
  ]);
});

test('a variant has the place of its arm in its study, each place once; others take what is free', () => {
  const [second, first, also, none] = [run(0), run(0), run(0), run(0)];
  const variants = [second, first, also, none].map((one, index) => ({
    name: String(index),
    variant: String(index),
    runs: [one],
  }));
  const arms = new Map([
    [second.directory, 1],
    [first.directory, 0],
    [also.directory, 1],
  ]);
  expect(placesOf(variants, arms)).toEqual([1, 0, 2, 3]);
  expect(placesOf(variants, new Map())).toEqual([0, 1, 2, 3]);
});

test('logs of other programs are variants of their own, by the names of their runs, unless they say that only the seed differs', () => {
  const imported = (name: string, seed: number | undefined, settings: object = {}) => {
    const one = run(0, {}, { seed, imported: { format: 'TRL', source: '/log', importedAt: '', settings } });
    return { ...one, summary: { ...one.summary, name } };
  };
  const trl = { beta: 0.1, args: { lr: 1e-3 } };
  const variants = groupRuns([
    run(0, method('grpo')),
    run(0, method('g2rl')),
    imported('table', undefined),
    imported('other', undefined),
    imported('first', 1, { ...trl, seed: 1, run_name: 'a', output_dir: '/a' }),
    imported('second', 2, { ...trl, seed: 2, run_name: 'b', output_dir: '/b' }),
    imported('third', 2, { ...trl, seed: 2, beta: 0.2 }),
    // What the log does not say differs: the rewards, perhaps.
    imported('third', 2, { ...trl, seed: 2, beta: 0.2 }),
  ]);
  expect(variants.map(({ name, runs }) => [name, runs.length])).toEqual([
    ['grpo', 1],
    ['g2rl', 1],
    ['table', 1],
    ['other', 1],
    ['first', 2],
    ['third', 1],
    ['third (2)', 1],
  ]);
});
