/** Logs as they are found in the wild: other dialects, half a restart, a file replaced by another. */
import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { factsOf } from '../../../src/findings/group-facts.js';
import { promptsOf } from '../../../src/findings/prompts.js';
import { findLogs } from '../../../src/logs/find.js';
import { type Marks, SourceReplaced } from '../../../src/logs/formats/log.js';
import { ImportedRun } from '../../../src/logs/imported-run.js';
import { metricName } from '../../../src/logs/names.js';
import type { GroupRecord } from '../../../src/runs/protocol/index.js';
import { scalarsEvent } from '../../../src/tensorboard/event.js';
import { frame } from '../../../src/tensorboard/records.js';
import { scratch } from '../../scratch.js';
import { read, readOnly } from './collected.js';

function written(name: string, content: string | Buffer, ageSeconds = 0): string {
  const file = join(scratch('hostile'), name);
  writeFileSync(file, content);
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(file, then, then);
  return file;
}

const stepsOf = async (file: string) => Object.fromEntries((await readOnly(file)).steps);

test('a last line without a newline is read when it cannot go on, or rests', async () => {
  expect(await stepsOf(written('a.jsonl', '{"step": 1, "loss": 2}'))).toEqual({ 1: { loss: 2 } });
  expect(await stepsOf(written('a.csv', 'step,loss\n1,2', 60))).toEqual({ 1: { loss: 2 } });

  const file = written('b.csv', 'step,loss\n1,2', 60);
  const [run] = await findLogs(file);
  const marks: Marks = {};
  const collected = await read(run!, marks);
  appendFileSync(file, '\n2,3\n4\n');
  await read(run!, marks, collected);
  expect(Object.fromEntries(collected.steps)).toEqual({ 1: { loss: 2 }, 2: { loss: 3 } });
  expect(collected.left).toEqual([`${file}, line 4: 1 values for 2 columns`]);

  const wentOn = written('c.csv', 'step,loss\n1,2', 60);
  const [other] = await findLogs(wentOn);
  const otherMarks: Marks = {};
  await read(other!, otherMarks);
  appendFileSync(wentOn, '5\n');
  await expect(read(other!, otherMarks)).rejects.toThrow(SourceReplaced);
});

test('byte order marks, blank lines and numbers written as texts', async () => {
  const { steps, left } = await readOnly(
    written(
      'a.jsonl',
      '\uFEFF{"step": "1", "loss": "2.5", "hex": "0x10"}\r\n \r\n\r\n{"step": 2, "loss": 1}\r\n',
    ),
  );
  expect(Object.fromEntries(steps)).toEqual({ 1: { loss: 2.5 }, 2: { loss: 1 } });
  expect(left).toEqual([]);
});

test('objects in a row are columns with their path, and a first line may be long', async () => {
  const text = 'x'.repeat(600_000);
  const line = JSON.stringify({ step: 1, text, train: { loss: 2, kl: { mean: 0.5 } } });
  expect(await stepsOf(written('a.jsonl', `${line}\n`))).toEqual({
    1: { 'train/loss': 2, 'train/kl/mean': 0.5 },
  });
});

test('CSV: semicolons with decimal commas, repeated and empty names, spaces', async () => {
  expect(await stepsOf(written('a.csv', 'step;loss\n1;0,5\n2;1e-3\n'))).toEqual({
    1: { loss: 0.5 },
    2: { loss: 0.001 },
  });
  expect(await stepsOf(written('b.csv', ',step, loss,loss,"loss"\n0,1,2,3,4\n'))).toEqual({
    1: { loss: 2, 'loss.1': 3, 'loss.2': 4 },
  });
  expect(await stepsOf(written('c.csv', 'step,loss\n'))).toEqual({});
});

test('CSV: texts have line breaks, and are not taken for numbers', async () => {
  const file = written(
    'a.csv',
    'step,prompt,completion,reward\n1,"a, b","one\n""two""",1\n1,"a, b",007,0\n2,c,1e5,\nbad,row\n2,c,last,1\n',
  );
  const { rollouts, left } = await readOnly(file);
  expect(rollouts.get(1)).toEqual([
    {
      prompt: 'a, b',
      responses: [
        { text: 'one\n"two"', reward: 1 },
        { text: '007', reward: 0 },
      ],
    },
  ]);
  expect(rollouts.get(2)?.[0]?.responses).toEqual([
    { text: '1e5', reward: null },
    { text: 'last', reward: 1 },
  ]);
  expect(left).toEqual([`${file}, line 6: 2 values for 4 columns`]);
});

test('what cannot be read as a table says why, and what to do', async () => {
  for (const [name, content, message, hint] of [
    ['a.jsonl', Buffer.from([0x1f, 0x8b, 8, 0]), 'offset 0: compressed', 'gunzip'],
    ['b.csv', Buffer.from('\uFEFFstep,loss\n1,2\n', 'utf16le'), 'UTF-16', 'iconv'],
    ['c.csv', 'step,loss\r1,2\r', 'carriage return', 'newlines'],
    ['d.jsonl', '[{"step": 1}]\n', 'line 1: a JSON array', 'jq -c'],
    [
      'e.csv',
      'epoch,loss\n0.1,2\n0.2,3\n1.0,2\n',
      'none of its columns is known to be the step',
      'whole numbers',
    ],
  ] as const) {
    await expect(readOnly(written(name, content))).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  }
});

test('a file that was replaced by a longer one is read from its start', async () => {
  const file = written('a.csv', 'step,loss\n1,2\n');
  const [run] = await findLogs(file);
  const marks: Marks = {};
  await read(run!, marks);
  appendFileSync(file, '2,3\n');
  expect([...(await read(run!, marks)).steps.keys()]).toEqual([2]);
  writeFileSync(file, 'step,loss\n7,2\n8,3\n9,4\n');
  await expect(read(run!, marks)).rejects.toThrow(SourceReplaced);
});

test('a training that was resumed from an earlier step replaces what it had after that', async () => {
  const folder = scratch('hostile');
  const state = (losses: readonly number[]) =>
    writeFileSync(
      join(folder, 'trainer_state.json'),
      JSON.stringify({ log_history: losses.map((loss, index) => ({ step: index + 1, loss })) }),
    );
  state([3, 2, 1]);
  const [run] = await findLogs(folder);
  const marks: Marks = {};
  await read(run!, marks);
  state([3, 2, 1, 0]);
  expect([...(await read(run!, marks)).steps.keys()]).toEqual([4]);
  state([3, 2, 9, 8, 7]);
  await expect(read(run!, marks)).rejects.toThrow(SourceReplaced);
  writeFileSync(join(folder, 'trainer_state.json'), '[1, 2]');
  await expect(read(run!, {})).rejects.toThrow('trainer_state.json: not a JSON object');
});

test('a damaged event file keeps those after it not back', async () => {
  const folder = scratch('hostile');
  const name = (index: number) => join(folder, `events.out.tfevents.170000000${index}.machine.1.0`);
  const first = frame(scalarsEvent(1, 1, { loss: 1 }));
  const damaged = frame(scalarsEvent(2, 1, { loss: 2 }));
  damaged[20] = (damaged[20] ?? 0) ^ 0xff;
  writeFileSync(name(1), Buffer.concat([first, damaged]));
  writeFileSync(name(2), frame(scalarsEvent(3, 2, { loss: 3 })));
  const [run] = await findLogs(folder);
  const root = scratch('hostile');
  const opened = await ImportedRun.open(run!, root);
  if (!(opened instanceof ImportedRun)) throw new Error('Another process has it.');
  const options = { fileResults: async () => {} };
  await expect(opened.update(options, new AbortController().signal)).rejects.toThrow(
    `${name(1)}, offset ${first.length}: the checksum of a record is wrong`,
  );
  opened.close();
  const metrics = readFileSync(join(opened.directory, 'metrics.jsonl'), 'utf8');
  expect(
    metrics
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step),
  ).toEqual([1, 3]);
});

test('steps that no run has are left out; names of objects are names', async () => {
  const file = written('a.jsonl', '{"step": -1, "loss": 1}\n{"step": 2, "constructor": 3, "toString": 4}\n');
  const [run] = await findLogs(file);
  const opened = await ImportedRun.open(run!, scratch('hostile'));
  if (!(opened instanceof ImportedRun)) throw new Error('Another process has it.');
  const outcome = await opened.update({ fileResults: async () => {} }, new AbortController().signal);
  opened.close();
  expect(outcome).toMatchObject({ step: 2, skipped: 1, firstSkipped: `${file}: values of step -1` });
  expect(JSON.parse(readFileSync(join(opened.directory, 'metrics.jsonl'), 'utf8'))).toEqual({
    step: 2,
    constructor: 3,
    toString: 4,
  });
  expect(metricName('hasOwnProperty')).toBe('hasOwnProperty');
});

test('verl: scores written as texts, steps in their order, and names that only begin like validation', async () => {
  const folder = join(scratch('hostile'), 'my-values');
  mkdirSync(join(folder, 'val_generations'), { recursive: true });
  writeFileSync(join(folder, 'val_generations', '3.jsonl'), '{"input": "q", "output": "o", "score": 1}\n');
  for (const step of [10, 9, 1]) {
    writeFileSync(join(folder, `${step}.jsonl`), '{"input": "q", "output": "o", "score": "0.5"}\n');
  }
  const { rollouts } = await readOnly(folder);
  expect([...rollouts.keys()]).toEqual([1, 9, 10]);
  expect(rollouts.get(9)?.[0]?.responses[0]?.reward).toBe(0.5);
});

test('a run of G2RL Lab says that it is one, and none of its files is a log', async () => {
  const folder = scratch('hostile');
  const run = join(folder, 'one');
  mkdirSync(join(run, 'checkpoints'), { recursive: true });
  for (const name of ['run.json', 'status.json']) writeFileSync(join(run, name), '{}');
  writeFileSync(join(run, 'checkpoints', 'trainer_state.json'), '{"log_history": [{"step": 1, "loss": 1}]}');
  writeFileSync(join(run, 'metrics.jsonl'), '{"step": 1, "loss": 1}\n');
  for (const path of [run, join(run, 'metrics.jsonl')]) {
    await expect(findLogs(path)).rejects.toMatchObject({
      message: `${resolve(run)} is a run of G2RL Lab already.`,
    });
  }
  await expect(findLogs(folder)).rejects.toMatchObject({
    message: `${resolve(folder)} has runs of G2RL Lab, and no log of another program.`,
  });
});

test('a file that is no log of W&B does not keep the other logs of a folder back', async () => {
  const folder = scratch('hostile');
  writeFileSync(join(folder, 'broken.wandb'), 'something else');
  await expect(findLogs(folder)).rejects.toThrow('not a file of W&B');
  writeFileSync(join(folder, 'trainer_state.json'), '{"log_history": []}');
  expect((await findLogs(folder)).map(({ format }) => format)).toEqual(['trl']);
  writeFileSync(join(folder, 'whole.wandb'), Buffer.from(':W&B\0\0\0', 'latin1'));
  writeFileSync(join(folder, 'begun.wandb'), ':W');
  const names = async (path: string) => (await findLogs(path)).map(({ format, name }) => [format, name]);
  expect(await names(join(folder, 'whole.wandb'))).toEqual([['wandb', 'whole']]);
  expect(await names(folder)).toContainEqual(['wandb', 'whole']);
});

test('a group without rewards, or of one response, says nothing about its prompt', async () => {
  const file = written(
    'a.jsonl',
    [
      { step: 1, prompt: 'unrated', completion: 'a' },
      { step: 1, prompt: 'unrated', completion: 'b' },
      { step: 2, prompt: 'unrated', completion: 'c' },
      { step: 3, prompt: 'single', completion: 'd', reward: 1 },
      { step: 4, prompt: 'single', completion: 'e', reward: 0 },
      { step: 5, prompt: 'half', completion: 'f', reward: 1 },
      { step: 5, prompt: 'half', completion: 'g', reward: null },
    ]
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const [run] = await findLogs(file);
  const opened = await ImportedRun.open(run!, scratch('hostile'));
  if (!(opened instanceof ImportedRun)) throw new Error('Another process has it.');
  await opened.update({ fileResults: async () => {} }, new AbortController().signal);
  opened.close();
  const records = readFileSync(join(opened.directory, 'groups.jsonl'), 'utf8').trim().split('\n');
  const facts = records.map((line, index) => factsOf(JSON.parse(line) as GroupRecord, index + 1, 100));
  expect(facts.map(({ flat, silent }) => flat ?? silent)).toEqual([null, null, null, null, null]);
  const prompts = promptsOf(facts, new Map(records.map((line) => [promptOf(line), promptOf(line)])));
  expect(prompts.map(({ passRate, visits }) => [passRate, visits.length])).toEqual([
    [0.5, 2],
    [1, 1],
  ]);
});

const promptOf = (line: string): string => (JSON.parse(line) as GroupRecord).prompt_id;
