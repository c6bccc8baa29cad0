import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findLogs } from '../../../src/logs/find.js';
import { scratch } from '../../scratch.js';
import { read, readOnly } from './collected.js';

const logs = resolve('test/fixtures/logs');

test('TRL: the history of the newest checkpoint, and the completions that were kept', async () => {
  const { found, known, steps, rollouts } = await readOnly(join(logs, 'trl'));
  expect(found).toMatchObject({ format: 'trl', source: join(logs, 'trl'), name: 'trl' });
  expect(known.totalSteps).toBe(6);
  expect([...steps.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(steps.get(6)).toMatchObject({
    'completions/max_length': 8,
    learning_rate: expect.closeTo(1e-3 / 6),
  });
  expect(Object.keys(steps.get(1) ?? {})).toEqual(
    expect.arrayContaining(['reward', 'kl', 'rewards/short/mean']),
  );
  expect([...rollouts.keys()]).toEqual([5, 6]);
  const [group, second] = rollouts.get(6) ?? [];
  expect(group?.responses).toHaveLength(4);
  expect(second?.prompt).not.toBe(group?.prompt);
  const [response] = group?.responses ?? [];
  expect(Object.keys(response?.rewards ?? {})).toEqual(['correct', 'short']);
  expect(response?.reward).toBeCloseTo((response?.rewards?.correct ?? 0) + (response?.rewards?.short ?? 0));
  expect(response?.advantage).toBeTypeOf('number');
  const rewards = [...(group?.responses ?? []), ...(second?.responses ?? [])].map(
    ({ reward }) => reward ?? 0,
  );
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  expect(steps.get(6)?.reward).toBeCloseTo(mean, 5);
});

test('TRL: event files beside the checkpoints belong to the run, and are ahead of them', async () => {
  const folder = scratch('logs');
  cpSync(join(logs, 'trl', 'completions'), join(folder, 'completions'), { recursive: true });
  mkdirSync(join(folder, 'runs', 'Nov26'), { recursive: true });
  const name = 'events.out.tfevents.1700000000.machine.1.0';
  copyFileSync(join(logs, 'tensorboard', name), join(folder, 'runs', 'Nov26', name));
  const { found, known, steps, times } = await readOnly(folder);
  expect(found.format).toBe('trl');
  expect(steps.get(6)?.reward).toBeTypeOf('number');
  expect(times.get(6)).toBeGreaterThan(1.7e9);
  expect(known.settings).toMatchObject({ num_generations: 4, learning_rate: 1e-3, max_completion_length: 8 });
});

test('a file of TRL names the run of its folder', async () => {
  const state = await findLogs(join(logs, 'trl', 'checkpoint-6', 'trainer_state.json'));
  const completions = await findLogs(join(logs, 'trl', 'completions', 'completions_00006.parquet'));
  expect(state.map(({ source }) => source)).toEqual([join(logs, 'trl')]);
  expect(completions.map(({ source }) => source)).toEqual([join(logs, 'trl')]);
});

test('TensorBoard: every scalar of an event file, and what transformers says of the run', async () => {
  const { found, known, steps, times } = await readOnly(join(logs, 'tensorboard'));
  expect(found).toMatchObject({ format: 'tensorboard', name: 'tensorboard', created: 1.7e12 });
  expect([...steps.keys()]).toEqual([1, 2, 3, 4, 5, 6]);
  // A value of 0 is one, too.
  expect(steps.get(1)?.['train/kl']).toBe(0);
  expect(steps.get(3)?.['train/rewards/correct/mean']).toBeGreaterThanOrEqual(0);
  expect(times.get(2)).toBeGreaterThan(times.get(1) ?? Number.POSITIVE_INFINITY);
  expect(known.settings).toMatchObject({ num_generations: 4, seed: 3 });
});

test('W&B: steps of the training, not of the calls, and the tables of completions', async () => {
  const { found, known, steps, rollouts } = await readOnly(join(logs, 'wandb'));
  expect(found).toMatchObject({ format: 'wandb', name: 'count to seven' });
  expect(known).toMatchObject({
    tags: ['tiny'],
    settings: { learning_rate: 1e-3, model_name_or_path: 'tiny-qwen3' },
  });
  expect(steps.get(2)).toMatchObject({ 'train/reward': 0.2, 'train/kl': 0.002 });
  expect(steps.get(2)).not.toHaveProperty('train/global_step');
  expect(steps.get(2)).not.toHaveProperty('completions.nrows');
  expect([...rollouts.keys()]).toEqual([1, 2, 3]);
  expect(rollouts.get(1)).toEqual([
    {
      prompt: '3 + 4 = ',
      responses: [
        { text: '7', reward: 1, rewards: { correct: 1 }, advantage: 0.5 },
        { text: '8', reward: 0, rewards: { correct: 0 }, advantage: 0.5 },
      ],
    },
  ]);
});

test('trackio: each run of a store', async () => {
  const found = await findLogs(join(logs, 'trackio'));
  expect(found.map(({ name }) => name).sort()).toEqual(['count to eight', 'count to seven']);
  const { known, steps, rollouts, times } = await read(found[0]!);
  expect(known.settings).toMatchObject({ num_generations: 4 });
  expect(known.settings).not.toHaveProperty('_Created');
  expect(steps.get(3)).toMatchObject({ 'train/reward': 0.3 });
  expect(rollouts.get(3)?.[0]?.responses).toHaveLength(2);
  expect(times.get(3)).toBeGreaterThan(1.7e9);
});

test('verl: rollouts and metrics of a folder are one run', async () => {
  const { found, steps, rollouts } = await readOnly(join(logs, 'verl'));
  expect(found).toMatchObject({ format: 'verl', source: join(logs, 'verl'), name: 'verl' });
  expect(steps.get(4)).toMatchObject({ 'critic/score/mean': 0.5, 'actor/kl_loss': 0.004 });
  const groups = rollouts.get(1) ?? [];
  expect(groups.map(({ prompt, responses }) => [prompt, responses.map(({ reward }) => reward)])).toEqual([
    ['3 + 4 = ', [1, 0, 0, 0]],
    ['9 - 5 = ', [1, 0, 0, 0]],
  ]);
  expect(groups[0]?.responses[1]).toMatchObject({ text: '5', answer: '5' });
});

test('verl: what the console shows has the same figures', async () => {
  const file = await readOnly(join(logs, 'verl', 'metrics.jsonl'));
  const console = await readOnly(join(logs, 'verl', 'console.log'));
  expect(console.found.format).toBe('verl');
  expect(Object.fromEntries(console.steps)).toEqual(Object.fromEntries(file.steps));
});

test('verl 0.9: groups are those of its ids, wherever their responses stand; figures as in its console', async () => {
  const folder = join(scratch('logs'), 'letters');
  cpSync(join(logs, 'verl-0.9'), folder, { recursive: true });
  const file = join(folder, 'rollouts', '1.jsonl');
  const before = (await readOnly(folder)).rollouts.get(1) ?? [];
  // Two of the four prompts are the same text.
  expect(before.map(({ prompt, responses }) => [prompt, responses.map(({ reward }) => reward)])).toEqual([
    ['gh', [-1, -1, 1, 1]],
    ['def', [-1, -1, 1, 1]],
    ['ab', [1, 1, 1, 1]],
    ['gh', [-1, 1, 1, -1]],
  ]);
  // As several processes are dealt their responses by length.
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const dealt = [0, 1, 2, 3].flatMap((first) => lines.filter((_, index) => index % 4 === first));
  writeFileSync(file, `${dealt.join('\n')}\n`);
  const { steps, rollouts } = await readOnly(folder);
  expect(rollouts.get(1)).toEqual(before);
  writeFileSync(file, `${dealt.map((line) => line.replace(/, "uid": "[^"]*"/, '')).join('\n')}\n`);
  const withoutIds = (await readOnly(folder)).rollouts.get(1) ?? [];
  expect(withoutIds.map(({ prompt, responses }) => [prompt, responses.length])).toEqual([
    ['gh', 8],
    ['def', 4],
    ['ab', 4],
  ]);
  expect(steps.get(2)?.['g2rl/scaler_max']).toBeGreaterThan(1);
  const shown = await readOnly(join(folder, 'console.log'));
  expect(shown.steps.size).toBe(2);
  for (const [step, values] of shown.steps) expect(values).toEqual(steps.get(step));
});

test('lm-evaluation-harness: its files, with the step that their folder names', async () => {
  const folder = join(scratch('logs'), 'checkpoint-40');
  cpSync(resolve('test/fixtures/lm-evaluation-harness'), folder, { recursive: true });
  const { found, files } = await readOnly(folder);
  expect(found.format).toBe('lm-evaluation-harness');
  expect(files).toEqual([[join(folder, 'results.json'), 40]]);
});

test('tables: JSON Lines of steps, CSV of responses', async () => {
  const folder = scratch('logs');
  const steps = join(folder, 'steps.jsonl');
  writeFileSync(
    steps,
    '{"global_step": 1, "score": 0.5, "note": "x"}\n{"global_step": 2, "score": NaN, "lr": 1e-3}\n',
  );
  const series = await readOnly(steps);
  expect(series.found.format).toBe('table');
  expect(Object.fromEntries(series.steps)).toEqual({ 1: { score: 0.5 }, 2: { lr: 1e-3 } });

  const responses = join(folder, 'responses.csv');
  writeFileSync(responses, 'step,prompt,response,reward\n1,"a, b",x,1\n1,"a, b",y,0\n2,c,z,\n');
  const rollouts = await readOnly(responses);
  expect(rollouts.rollouts.get(1)).toEqual([
    {
      prompt: 'a, b',
      responses: [
        { text: 'x', reward: 1 },
        { text: 'y', reward: 0 },
      ],
    },
  ]);
  expect(rollouts.rollouts.get(2)?.[0]?.responses[0]?.reward).toBeNull();
});

test('a folder of several logs has each of their runs', async () => {
  const formats = (await findLogs(logs)).map(({ format, source }) => [format, source.slice(logs.length + 1)]);
  expect(formats).toEqual(
    expect.arrayContaining([
      ['trl', 'trl'],
      ['tensorboard', 'tensorboard'],
      ['verl', 'verl'],
      ['verl', 'verl-0.9'],
    ]),
  );
});
