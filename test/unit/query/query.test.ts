/** Questions about written runs, without a server in between. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { KnownError } from '../../../src/errors.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { ask, QUERIES } from '../../../src/query/queries.js';
import { define } from '../../../src/query/query.js';
import { rolloutsFile } from '../../../src/runs/protocol/paths.js';
import { scratch } from '../../scratch.js';
import { groupRecord, stepMetrics } from '../runs/records.js';

let root: string;

function lines(file: string, records: readonly unknown[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const text = (record: unknown) => (typeof record === 'string' ? record : JSON.stringify(record));
  writeFileSync(file, records.map((record) => `${text(record)}\n`).join(''));
}

const problem = (id: string, right: number) => ({
  id,
  n: 2,
  correct: right,
  answers: 1,
  majority: right / 2,
  problem: `What is ${id}?`,
  gold: id,
  responses: [0, 1].map((index) => ({
    text: `it may be ${id} or so`,
    answer: id,
    class: 0,
    correct: index < right,
    reason: 'equal',
    tokens: 4,
    finished: true,
  })),
});

function makeRun(id: string, lambda: number, evaluations: Record<number, number[]>): string {
  const directory = join(root, id);
  const experiment = experimentSchema.parse({
    method: { lambda },
    evaluation: { benchmarks: [{ name: 'countdown-test' }] },
  });
  lines(join(directory, 'run.json'), [
    {
      schema: 2,
      id,
      name: id,
      createdAt: '2026-01-01T00:00:00Z',
      experiment,
      experimentFile: null,
      engine: 'embedded',
      device: 'CPU',
      policyChecksum: '',
      versions: {},
      git: null,
      seed: 0,
      parent: null,
    },
  ]);
  lines(join(directory, 'metrics.jsonl'), [
    ...Array.from({ length: 500 }, (_, index) => stepMetrics(index + 1, index === 250 ? 0.9 : 0.1)),
    'damaged',
  ]);
  lines(
    join(directory, 'groups.jsonl'),
    [1, 2, 2, 3].map((step, index) => ({ ...groupRecord(step, 0), lengths: [index, 4] })),
  );
  lines(
    join(directory, 'benchmarks.jsonl'),
    Object.keys(evaluations).map((step) => ({
      step: Number(step),
      benchmark: 'countdown-test',
      problems: 3,
      samples: 2,
      k: 2,
      pass_at_1: 0.5,
      pass_at_1_se: 0.1,
    })),
  );
  for (const [step, rights] of Object.entries(evaluations))
    lines(join(directory, 'evaluations', `step-${step.padStart(6, '0')}-countdown-test.jsonl`), [
      { evaluation: { schema: 1, step: Number(step), benchmark: 'countdown-test' } },
      ...rights.map((right, index) => problem(`q${index}`, right)),
    ]);
  return directory;
}

beforeAll(() => {
  root = join(scratch('query'), 'runs');
  const one = makeRun('20260101-000000-one-aaaa', 0.5, { 0: [0, 2, 1], 10: [2, 0, 1] });
  makeRun('20260102-000000-two-bbbb', 1, { 10: [0, 2, 2] });
  lines(rolloutsFile(one, 3), [
    { step: 3, group: 1, prompt_id: 'p', prompt: 'Prompt', responses: [] },
    {
      step: 3,
      group: 0,
      prompt_id: 'p',
      prompt: 'Prompt',
      responses: [{ text: 'a needle', answer: '', reward: 1, finished: true, reason: '' }],
    },
  ]);
});

const asked = (name: string, given: unknown = {}) => ask(name, given, { root });

test('runs are filtered and sorted, and what is not shown is counted', async () => {
  expect(await asked('runs', { limit: 1 })).toMatchObject({
    found: 2,
    left_out: 1,
    more: expect.stringContaining('offset=1'),
  });
  expect(await asked('runs', { filter: 'method.lambda>0.9' })).toMatchObject({
    runs: [{ name: '20260102-000000-two-bbbb' }],
  });
  expect(await asked('runs', { sort: 'name', ascending: true, offset: 1 })).toMatchObject({
    runs: [{ id: '20260102-000000-two-bbbb' }],
  });
  expect(await asked('settings', { run: 'one', against: 'two', path: 'method' })).toMatchObject({
    settings: { 'method.lambda': [0.5, 1] },
  });
});

test('series are thinned to their extremes, and damaged lines are counted', async () => {
  const answer = await asked('series', { run: 'one', metrics: ['reward'], points: 10 });
  const { series, left_out: left } = answer as { series: { reward: [number, number][] }; left_out: number };
  expect(series.reward.length).toBeLessThanOrEqual(10);
  expect(series.reward).toContainEqual([251, 0.9]);
  expect(left).toBe(500 - series.reward.length);
  expect(answer.damaged).toEqual({ 'metrics.jsonl': 1 });
  const part = (await asked('series', {
    run: 'one',
    metrics: ['reward'],
    from: 10,
    to: 12,
  })) as typeof answer;
  expect(part).toMatchObject({
    series: {
      reward: [
        [10, 0.1],
        [11, 0.1],
        [12, 0.1],
      ],
    },
    left_out: 0,
  });
});

test('of a group that was sampled again the last line counts, and its place is given', async () => {
  expect(await asked('groups', { run: 'one', from: 2, to: 2 })).toMatchObject({
    matching: 1,
    of: 3,
    groups: [{ step: 2, at: 'groups.jsonl:3' }],
  });
});

test('groups are found by the rewards in which they are flat; responses have theirs with their notes', async () => {
  const directory = makeRun('20260103-000000-several-cccc', 0.5, {});
  try {
    const components = { correct: [1, 1], short: [-3, null] };
    lines(join(directory, 'groups.jsonl'), [
      { ...groupRecord(1, 0), components, left_out: [1] },
      { ...groupRecord(1, 1), components: { correct: [1, -1], short: [-3, -4] } },
    ]);
    const note = 'x'.repeat(500);
    const response = { text: 'a', answer: '', reward: 1, finished: true, reason: '', notes: { short: note } };
    lines(rolloutsFile(directory, 1), [
      { step: 1, group: 0, prompt_id: 'p', prompt: 'Prompt', responses: [response] },
    ]);
    expect(await asked('groups', { run: 'several', flat_in: 'correct' })).toMatchObject({
      matching: 1,
      of: 2,
      groups: [{ group: 0, flat_in: ['correct', 'short'], correct: 2 }],
    });
    expect(await asked('group', { run: 'several', step: 1, group: 0 })).toMatchObject({
      responses: [
        { rewards: { correct: 1, short: -3 }, notes: { short: expect.stringMatching(/^x{200}… \(300/) } },
        { reward: null, rewards: { correct: 1, short: null }, left_out: true },
      ],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('responses are found with their file and line', async () => {
  expect(await asked('responses', { run: 'one', text: 'NEEDLE' })).toMatchObject({
    found: [{ step: 3, group: 0, response: 0, at: 'rollouts/step-000003.jsonl:2' }],
    left_out: 0,
  });
});

test('problems, and those whose verdict changed', async () => {
  expect(await asked('problems', { run: 'one', show: 'never' })).toMatchObject({
    step: 10,
    matching: 1,
    of: 3,
    problems: [{ id: 'q1', at: 'evaluations/step-000010-countdown-test.jsonl:3' }],
  });
  expect(await asked('problems', { run: 'one', text: 'be q2' })).toMatchObject({
    matching: 1,
    problems: [{ id: 'q2', excerpt: 'it may be q2 or so' }],
  });
  expect(await asked('problem', { run: 'one', id: 'q0', step: 0, limit: 1 })).toMatchObject({
    gold: 'q0',
    responses: [{ correct: false }],
    left_out: 1,
  });
  expect(await asked('flips', { run: 'one' })).toMatchObject({
    common: 3,
    gained: 1,
    lost: 1,
    flips: [
      { id: 'q0', change: 'gained', correct: [0, 1] },
      { id: 'q1', change: 'lost', correct: [1, 0] },
    ],
  });
  expect(await asked('flips', { run: 'one', against: 'two' })).toMatchObject({
    first: { step: 10 },
    second: { run: '20260102-000000-two-bbbb' },
    gained: 1,
    lost: 1,
  });
  await expect(asked('flips', { run: 'two' })).rejects.toThrow('Both evaluations');
  await expect(asked('problem', { run: 'one', id: 'q9' })).rejects.toThrow(KnownError);
  await expect(asked('problems', { run: 'one', step: 3 })).rejects.toMatchObject({
    hint: 'It has those of steps 0, 10.',
  });
});

test('an answer that would be too large is none', async () => {
  const large = define('large', {
    about: '',
    arguments: {},
    answer: { text: z.string() },
    ask: async () => ({ text: 'x'.repeat(300_000) }),
  });
  await expect(large.ask({ root, patience: 1 }, {})).rejects.toThrow('293 KB');
});

test('every question and argument says what it is', () => {
  for (const [name, query] of Object.entries(QUERIES)) {
    expect(query.about, name).not.toBe('');
    for (const key of Object.keys(query.arguments.shape)) expect(key).toMatch(/^[a-z_]+$/);
  }
});
