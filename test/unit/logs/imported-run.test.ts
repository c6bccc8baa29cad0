import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { findLogs } from '../../../src/logs/find.js';
import { ImportedRun } from '../../../src/logs/imported-run.js';
import { progress, stepsText } from '../../../src/runs/facts/progress.js';
import { rowOf } from '../../../src/runs/facts/run-row.js';
import type { RunView } from '../../../src/runs/facts/run-summary.js';
import { releaseLock } from '../../../src/runs/protocol/lock.js';
import { GroupIndex } from '../../../src/runs/read/group-index.js';
import { RunReader } from '../../../src/runs/read/reader.js';
import { scalarsEvent, sessionStartEvent } from '../../../src/tensorboard/event.js';
import { frame } from '../../../src/tensorboard/records.js';
import { scratch } from '../../scratch.js';

const logs = resolve('test/fixtures/logs');
const hooks = { fileResults: async () => {} };
const never = new AbortController().signal;

/** Opens, brings up to date, and lets go, as a process does that ends. */
async function importAll(path: string, root: string): Promise<string[]> {
  const directories: string[] = [];
  for (const found of await findLogs(path)) {
    const run = await ImportedRun.open(found, root);
    if (!(run instanceof ImportedRun)) throw new Error('Another process has it.');
    await run.update(hooks, never).finally(() => run.close());
    directories.push(run.directory);
  }
  return directories;
}

/** The steps of the lines of a file. */
const stepsOf = (file: string): number[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);

async function groupsOf(directory: string, step: number) {
  const index = new GroupIndex(join(directory, 'groups.jsonl'));
  await index.read();
  return index.groups(step);
}

test('a log becomes a run that the usual readers read', async () => {
  const root = scratch('runs');
  const [directory = ''] = await importAll(join(logs, 'trl'), root);
  expect(directory).toMatch(/-trl-[0-9a-f]{8}$/);
  const run = await RunReader.open(directory);
  expect(run.summary).toMatchObject({ name: 'trl', state: 'imported', notice: null });
  expect(run.summary.manifest).toMatchObject({
    engine: 'TRL',
    imported: { format: 'TRL', source: join(logs, 'trl') },
    experiment: { optimization: { steps: 6 }, evaluation: { benchmarks: [] }, method: { name: '–' } },
  });
  expect(run.summary.status).toMatchObject({ step: 6, totalSteps: 6 });
  const series = await run.series();
  expect([...(series.column('step') ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(series.record(6)).toMatchObject({
    reward: expect.any(Number),
    'rewards/short/mean': expect.any(Number),
  });
  const groups = await groupsOf(directory, 6);
  expect(groups).toHaveLength(2);
  expect(groups[0]).toMatchObject({
    m: 4,
    similarity: [],
    components: { correct: [0, 1, 1, 1] },
  });
  const { groups: texts } = await run.rollouts(6);
  expect(texts[0]?.responses[0]).toMatchObject({
    text: expect.any(String),
    rewards: { correct: expect.any(Number) },
  });
});

test('settings and names of other trainers are those of an experiment and of the table of metrics', async () => {
  const root = scratch('runs');
  const [board = ''] = await importAll(join(logs, 'tensorboard'), root);
  const { manifest } = (await RunReader.open(board)).summary;
  expect(manifest).toMatchObject({
    seed: 3,
    experiment: {
      method: { name: 'grpo' },
      rollout: { groupSize: 4, maxNewTokens: 8 },
      optimization: { learningRate: 1e-3, klCoefficient: 0.01 },
    },
  });
  expect(manifest.imported?.settings).toHaveProperty('per_device_train_batch_size', 8);
  const [verl = ''] = await importAll(join(logs, 'verl'), root);
  const series = await (await RunReader.open(verl)).series();
  expect(series.record(4)).toMatchObject({ reward: 0.5, kl: 0.004, step_time: 2.25, 'perf/throughput': 40 });
  expect(series.record(4)).not.toHaveProperty('critic/score/mean');
});

test('values that stand in a checkpoint and in the event files beside it are one series', async () => {
  const root = scratch('runs');
  const log = join(scratch('log'), 'sft');
  mkdirSync(join(log, 'checkpoint-2'), { recursive: true });
  mkdirSync(join(log, 'runs', 'a'), { recursive: true });
  const history = [
    { step: 2, loss: 1, mean_token_accuracy: 0.5, own: 3 },
    { step: 2, eval_loss: 2 },
  ];
  writeFileSync(join(log, 'checkpoint-2', 'trainer_state.json'), JSON.stringify({ log_history: history }));
  const tracked = { 'train/loss': 1, 'train/mean_token_accuracy': 0.5, 'train/own': 3, 'eval/loss': 2 };
  writeFileSync(
    join(log, 'runs', 'a', 'events.out.tfevents.1700000000.a'),
    frame(scalarsEvent(2, 5, tracked)),
  );
  const [directory = ''] = await importAll(log, root);
  const series = await (await RunReader.open(directory)).series();
  expect(series.record(2)).toEqual({
    step: 2,
    time: 5,
    loss: 1,
    mean_token_accuracy: 0.5,
    own: 3,
    'eval/loss': 2,
  });
});

test('whether a response was cut off is absent where the log does not say it', async () => {
  const root = scratch('runs');
  const [directory = ''] = await importAll(join(logs, 'trl'), root);
  const { groups } = await (await RunReader.open(directory)).rollouts(6);
  const responses = groups.flatMap((group) => group.responses);
  expect(responses.length).toBeGreaterThan(0);
  for (const response of responses) expect(response).not.toHaveProperty('finished');
});

test('how many steps are planned is not known where the log does not say it', async () => {
  const root = scratch('runs');
  const file = join(scratch('log'), 'table.jsonl');
  writeFileSync(file, '{"step": 7, "loss": 2}\n');
  const [directory = ''] = await importAll(file, root);
  const { summary, benchmarks } = await RunReader.open(directory);
  expect(progress(summary)).toEqual({ step: 7, total: 0, share: 0 });
  expect(stepsText(summary)).toBe('7');
  expect(rowOf({ summary, benchmarks } as RunView).duration).toBeNull();
});

test('importing again brings the same run up to date, without a line twice', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  copyFileSync(join(logs, 'verl', 'metrics.jsonl'), join(log, 'metrics.jsonl'));
  const first = await importAll(log, root);
  appendFileSync(
    join(log, 'metrics.jsonl'),
    '{"step": 5, "data": {"critic/score/mean": 0.75}}\n{"step": 6, "da',
  );
  const second = await importAll(log, root);
  expect(second).toEqual(first);
  expect(readdirSync(root)).toHaveLength(1);
  expect(stepsOf(join(first[0] ?? '', 'metrics.jsonl'))).toEqual([1, 2, 3, 4, 5]);
});

test('what a process had not recorded when it was killed is read again, and nothing is there twice', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  cpSync(join(logs, 'verl'), log, { recursive: true });
  const [directory = ''] = await importAll(log, root);
  const before = readFileSync(join(directory, 'groups.jsonl'), 'utf8');
  const halfLine = '{"step":5,"rew';
  appendFileSync(join(directory, 'metrics.jsonl'), halfLine);
  expect(await importAll(log, root)).toEqual([directory]);
  expect(readFileSync(join(directory, 'metrics.jsonl'), 'utf8')).not.toContain(halfLine);
  appendFileSync(join(directory, 'groups.jsonl'), before.split('\n')[0] ?? '');
  expect(await importAll(log, root)).toEqual([directory]);
  expect(readFileSync(join(directory, 'groups.jsonl'), 'utf8')).toBe(before);
  expect(stepsOf(join(directory, 'metrics.jsonl'))).toEqual([1, 2, 3, 4]);
});

test('a log that is another one now is read from its start', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  const file = join(log, 'events.out.tfevents.1700000000.a');
  const event = (step: number, reward: number) => frame(scalarsEvent(step, 1.7e9 + step, { reward }));
  writeFileSync(file, Buffer.concat([event(1, 0.5), event(2, 0.5), event(3, 0.5)]));
  const [directory = ''] = await importAll(log, root);
  writeFileSync(file, event(1, 0.25));
  await importAll(log, root);
  const series = await (await RunReader.open(directory)).series();
  expect([...(series.column('reward') ?? [])]).toEqual([0.25]);
});

test('a process that goes on from an earlier step replaces what was there after it', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  const event = (step: number, reward: number) => frame(scalarsEvent(step, 1.7e9 + step, { reward }));
  const first = [1, 2, 3, 4, 5].map((step) => event(step, step));
  writeFileSync(join(log, 'events.out.tfevents.1700000000.a'), Buffer.concat(first));
  const [directory = ''] = await importAll(log, root);
  const second = [frame(sessionStartEvent(3, 1.7e9)), event(3, 30)];
  writeFileSync(join(log, 'events.out.tfevents.1700000001.a'), Buffer.concat(second));
  await importAll(log, root);
  const rewards = async () => {
    const run = await RunReader.open(directory);
    const series = await run.series();
    return [run.summary.status?.step, ...(series.column('reward') ?? [])];
  };
  expect(await rewards()).toEqual([3, 1, 2, 30]);
  writeFileSync(join(log, 'events.out.tfevents.1700000001.a'), Buffer.concat([...second, event(4, 40)]));
  await importAll(log, root);
  expect(await rewards()).toEqual([4, 1, 2, 30, 40]);
});

test('values of a step that come late stand with the others', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  const file = join(log, 'events.out.tfevents.1700000000.a');
  const event = (step: number, values: Record<string, number>) =>
    frame(scalarsEvent(step, 1.7e9 + step, values));
  writeFileSync(file, Buffer.concat([1, 2, 3].map((step) => event(step, { reward: step / 8 }))));
  const [directory = ''] = await importAll(log, root);
  appendFileSync(file, event(2, { 'eval/reward': 0.5 }));
  await importAll(log, root);
  const series = await (await RunReader.open(directory)).series();
  expect(series.record(2)).toEqual({ step: 2, time: 1.7e9 + 2, reward: 0.25, 'eval/reward': 0.5 });
  expect([...(series.column('step') ?? [])]).toEqual([1, 2, 3]);
});

test('a second window leaves a log to the first, and takes it over when that has gone', async () => {
  const root = scratch('runs');
  const [found] = await findLogs(join(logs, 'verl'));
  const first = await ImportedRun.open(found!, root);
  expect(first).toBeInstanceOf(ImportedRun);
  const second = await ImportedRun.open(found!, root);
  expect(second).toMatchObject({ pid: process.pid });
  if (first instanceof ImportedRun) first.close();
  const third = await ImportedRun.open(found!, root);
  expect(third).toBeInstanceOf(ImportedRun);
  if (third instanceof ImportedRun) releaseLock(third.directory);
});

test('a log that cannot be read from its start leaves no run', async () => {
  const root = scratch('runs');
  const file = join(scratch('log'), 'ticks.jsonl');
  writeFileSync(file, '{"tick": 1, "loss": 2}\n');
  await expect(importAll(file, root)).rejects.toThrow('none of its columns is known to be the step');
  expect(readdirSync(root)).toEqual([]);
});

test('a name, notes and tags that a person gave stay', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  cpSync(join(logs, 'verl'), log, { recursive: true });
  const [directory = ''] = await importAll(log, root);
  const file = join(directory, 'run.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, name: 'mine', tags: ['kept'], pinned: true }));
  appendFileSync(join(log, 'metrics.jsonl'), '{"step": 5, "data": {"actor/lr": 1e-6}}\n');
  await importAll(log, root);
  expect((await RunReader.open(directory)).summary).toMatchObject({
    name: 'mine',
    manifest: { tags: ['kept'], pinned: true },
    status: { step: 5 },
  });
});

test('a folder that was deleted is made again by the next import only', async () => {
  const root = scratch('runs');
  const log = scratch('log');
  cpSync(join(logs, 'verl'), log, { recursive: true });
  const [found] = await findLogs(log);
  const run = await ImportedRun.open(found!, root);
  if (!(run instanceof ImportedRun)) throw new Error('Another process has it.');
  await run.update(hooks, never);
  rmSync(run.directory, { recursive: true });
  appendFileSync(join(log, 'metrics.jsonl'), '{"step": 5, "data": {"actor/lr": 1e-6}}\n');
  await expect(run.update(hooks, never)).rejects.toThrow(run.directory);
  run.close();
  expect(existsSync(run.directory)).toBe(false);
  mkdirSync(root, { recursive: true });
  const [directory = ''] = await importAll(log, root);
  expect((await RunReader.open(directory)).summary.status?.step).toBe(5);
});
