/** The list of rewards: where their files are, and what is wrong with them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import { ExperimentError } from '../../../src/experiment/problems.js';
import { scratch } from '../../scratch.js';

let folder: string;

beforeAll(() => {
  folder = scratch('experiment-rewards');
  mkdirSync(folder, { recursive: true });
  for (const name of ['rewards.py', 'short.mjs', 'score']) writeFileSync(join(folder, name), '');
});

const load = (rewards: unknown, set: string[] = []) =>
  parseExperiment(JSON.stringify({ rewards }), join(folder, 'a.g2rl.json'), {
    mediaDirectory: resolve('media'),
    engineChecks,
    set,
  }).experiment.rewards;

function problems(rewards: unknown, set?: string[]) {
  try {
    load(rewards, set);
  } catch (error) {
    if (error instanceof ExperimentError) return error.problems.map(({ message, hint }) => [message, hint]);
    throw error;
  }
  throw new Error('it was accepted');
}

test('files are beside the experiment; programs without a slash are those of the PATH', () => {
  expect(
    load([
      { name: 'correct' },
      { name: 'format', python: 'rewards.py:has_steps', weight: 0.2 },
      { name: 'short', command: ['node', 'short.mjs', '--most', '10'], seconds: 2 },
      { name: 'own', command: ['./score'] },
    ]),
  ).toEqual([
    { name: 'correct', weight: 1, seconds: 10 },
    { name: 'format', weight: 0.2, seconds: 10, python: `${join(folder, 'rewards.py')}:has_steps` },
    { name: 'short', weight: 1, seconds: 2, command: ['node', join(folder, 'short.mjs'), '--most', '10'] },
    { name: 'own', weight: 1, seconds: 10, command: [join(folder, 'score')] },
  ]);
});

test('an experiment without rewards has no list of them', () => {
  expect(load(undefined)).toBeUndefined();
});

test.each([
  [[], 'rewards: must be a list that is not empty; got []', ''],
  [
    [{ name: 'correct' }, { name: 'correct' }],
    'rewards[1].name: "correct" is listed twice',
    'Give one of them another name, or remove it.',
  ],
  [
    [{ name: 'a', python: 'rewards.py:f', command: ['node'] }],
    'rewards[0]: a reward has either "python" or "command"',
    'Remove one of them.',
  ],
  [
    [{ name: 'correct', command: ['node'] }],
    'rewards[0].name: "correct" is the judge of the task',
    'Give a reward of your own another name.',
  ],
  [
    [{ name: 'correkt' }],
    'rewards[0]: "correkt" has neither "python" nor "command"',
    'Did you mean "correct"?',
  ],
  [
    [{ name: 'has-steps' }],
    'rewards[0]: "has-steps" has neither "python" nor "command"',
    'Only "correct", the judge of the task, needs neither.',
  ],
  [
    [{ name: 'a b', python: 'rewards.py:f' }],
    'rewards[0].name: use 1 to 40 letters, digits, "_" and "-", a letter first; got "a b"',
    '',
  ],
  [
    [{ name: 'a', python: 'rewards.py' }],
    'rewards[0].python: use the file and the function in it, as in rewards.py:has_steps; got "rewards.py"',
    '',
  ],
  [[{ name: 'a', command: [] }], 'rewards[0].command: must be a list that is not empty; got []', ''],
  [[{ name: 'a', command: ['node'], seconds: 0 }], 'rewards[0].seconds: must be greater than 0; got 0', ''],
  [
    [{ name: 'a', command: ['node'], weigth: 1 }],
    'rewards[0].weigth: there is no such field',
    'Did you mean "weight"?',
  ],
])('%j is refused', (rewards, message, hint) => {
  expect(problems(rewards)).toEqual([[message, hint]]);
});

test('a file that is not there is named by its path, as is a program that is a path', () => {
  expect(problems([{ name: 'a', python: 'gone.py:f' }])).toEqual([
    [
      `rewards[0].python: there is no file ${join(folder, 'gone.py')}`,
      'The path is relative to the experiment file.',
    ],
  ]);
  expect(problems([{ name: 'a', command: ['./gone'] }])[0]?.[0]).toBe(
    `rewards[0].command[0]: there is no file ${join(folder, 'gone')}`,
  );
});

test('rewards that a method only logs are said to be', () => {
  const rewards = [{ name: 'correct' }, { name: 'a', command: ['node'] }];
  const warnings = (change: object) =>
    parseExperiment(JSON.stringify({ rewards, ...change }), join(folder, 'a.g2rl.json'), {
      mediaDirectory: resolve('media'),
      engineChecks,
    }).warnings.map(({ message }) => message);
  expect(warnings({ method: { name: 'pass-at-k' } })).toEqual([
    'rewards[1]: pass-at-k is trained by what the judge says alone; "a" is only logged',
  ]);
  expect(warnings({})).toEqual([]);
  expect(warnings({ method: { name: 'pass-at-k' }, rewards: rewards.slice(1) })).toEqual([]);
});

test('weights that are all 0 teach nothing, but where the judge does', () => {
  const warnings = (method: string, ...rewards: object[]) =>
    parseExperiment(JSON.stringify({ rewards, method: { name: method } }), join(folder, 'a.g2rl.json'), {
      mediaDirectory: resolve('media'),
      engineChecks,
    }).warnings.map(({ message }) => message);
  const judge = { name: 'correct', weight: 0 };
  const other = { name: 'a', command: ['node'], weight: 0 };
  expect(warnings('g2rl', judge, other)).toEqual(['rewards: each weight is 0, and nothing is learned']);
  expect(warnings('g2rl', judge, { ...other, weight: -1 })).toEqual([]);
  expect(warnings('pass-at-k', judge, other)).toEqual([]);
  expect(warnings('pass-at-k', other)).toEqual(['rewards: each weight is 0, and nothing is learned']);
});

test('a weight is a finite number', () => {
  const rewards = [{ name: 'correct', weight: 1 }];
  expect(problems(rewards, ['rewards[0].weight=1e999'])[0]?.[0]).toMatch(/^rewards\[0\]\.weight: must be/);
  expect(load(rewards, ['rewards[0].weight=0'])?.[0]?.weight).toBe(0);
});
