import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { mergeBenchmarks, mergeBySteps } from '../../../src/runs/facts/merge.js';
import { RunFileError } from '../../../src/runs/protocol/files.js';
import { GroupIndex } from '../../../src/runs/read/group-index.js';
import { JsonLinesTail } from '../../../src/runs/read/tail.js';
import { RunWriter } from '../../../src/runs/write/writer.js';
import { scratch } from '../../scratch.js';
import { benchmarkRecord, groupRecord, stepMetrics } from './records.js';

let root: string;
let file: string;
beforeEach(() => {
  root = scratch('tail');
  file = join(root, 'metrics.jsonl');
});

const tailOf = (path: string) =>
  new JsonLinesTail<{ step: number; text?: string }>(path, ({ step }) => typeof step === 'number');

test('lines come once and whole, also when a write ends inside a character', async () => {
  const tail = tailOf(file);
  expect(await tail.read()).toEqual({ records: [], reset: false });
  const bytes = Buffer.from('{"step":1,"text":"λ·🎲"}\n{"step":2}\n');
  let read = 0;
  for (const byte of bytes) {
    appendFileSync(file, Buffer.from([byte]));
    for (const record of (await tail.read()).records) {
      read++;
      expect(record).toEqual(read === 1 ? { step: 1, text: 'λ·🎲' } : { step: 2 });
    }
  }
  expect(read).toBe(2);
});

test('lines longer than a chunk are whole', async () => {
  const text = 'ä'.repeat(400_000);
  writeFileSync(file, `${JSON.stringify({ step: 1, text })}\n${JSON.stringify({ step: 2, text })}\n`);
  expect((await tailOf(file).read()).records).toEqual([
    { step: 1, text },
    { step: 2, text },
  ]);
});

test('a line of 100 MB costs its length, not the square of it', async () => {
  const text = 'x'.repeat(100e6);
  writeFileSync(file, `${JSON.stringify({ step: 1, text })}\n{"step":2}\n`);
  const before = process.cpuUsage();
  const { records } = await tailOf(file).read();
  const { user, system } = process.cpuUsage(before);
  expect(records.map((record) => [record.step, record.text?.length])).toEqual([
    [1, 100e6],
    [2, undefined],
  ]);
  expect((user + system) / 1e6).toBeLessThan(2);
});

test('a line that no string could hold is skipped and counted, and not held', async () => {
  writeFileSync(file, '{"step":1}\n');
  // Zeros up to 600 MB, then whole lines again.
  truncateSync(file, 600e6);
  appendFileSync(file, '\n{"step":2}\n');
  const tail = tailOf(file);
  expect((await tail.read()).records).toEqual([{ step: 1 }, { step: 2 }]);
  expect(tail.skippedLines).toBe(1);
});

test('a file that is gone keeps what was read of it, until another one takes its place', async () => {
  writeFileSync(file, '{"step":1}\n');
  const tail = tailOf(file);
  await tail.read();
  rmSync(file);
  expect(await tail.read()).toEqual({ records: [], reset: false });
  writeFileSync(file, '{"step":1}\n{"step":2}\n');
  expect(await tail.read()).toEqual({ records: [{ step: 1 }, { step: 2 }], reset: true });
});

test('lines that do not parse are skipped and counted', async () => {
  writeFileSync(file, '{"step":1}\n{"step":2,"los\n[]\n{"other":1}\n{"step":3}\n');
  const tail = tailOf(file);
  expect((await tail.read()).records).toEqual([{ step: 1 }, { step: 3 }]);
  expect(tail.skippedLines).toBe(3);
});

test('a file that shrank or was replaced is read anew', async () => {
  writeFileSync(file, '{"step":1}\n{"step":2}\n');
  const tail = tailOf(file);
  await tail.read();
  truncateSync(file, 11);
  expect(await tail.read()).toEqual({ records: [{ step: 1 }], reset: true });
  writeFileSync(join(root, 'other'), '{"step":7}\n{"step":8}\n{"step":9}\n');
  renameSync(join(root, 'other'), file);
  expect((await tail.read()).records.map(({ step }) => step)).toEqual([7, 8, 9]);
});

test('after a resume the last record of a step, group and benchmark counts', async () => {
  const writer = new RunWriter(root);
  writer.appendGroups([groupRecord(1, 1), groupRecord(1, 0), groupRecord(2, 0, ['old', 'old'])]);
  writer.appendGroups([groupRecord(2, 0, ['new', 'λ'])]);
  const index = new GroupIndex(join(root, 'groups.jsonl'));
  expect(await index.read()).toEqual({ steps: [1, 2], reset: false, more: false });
  expect((await index.groups(1)).map(({ group }) => group)).toEqual([0, 1]);
  expect((await index.groups(2)).map(({ answers }) => answers)).toEqual([['new', 'λ']]);
  expect(await index.groups(9)).toEqual([]);

  const metrics = mergeBySteps([], [stepMetrics(1), stepMetrics(2, 0), stepMetrics(3), stepMetrics(2, 0.5)]);
  expect(metrics.map(({ step, reward }) => [step, reward])).toEqual([
    [1, 0.1],
    [2, 0.5],
    [3, 0.1],
  ]);
  const scores = [benchmarkRecord(0, 0.1), benchmarkRecord(0, 0.2, 'b'), benchmarkRecord(0, 0.3)];
  expect(mergeBenchmarks([], scores).map((r) => [r.benchmark, r.pass_at_1])).toEqual([
    ['countdown-test', 0.3],
    ['b', 0.2],
  ]);
});

test('of a group, with spaces as Python writes it or without, only the start is parsed', async () => {
  const groups = join(root, 'groups.jsonl');
  // What follows the numbers is no JSON: reading it would skip the line.
  writeFileSync(groups, '{"step": 3, "group": 0, !}\n{"step":4,"group":0,!}\n');
  const index = new GroupIndex(groups);
  expect(await index.read()).toEqual({ steps: [3, 4], reset: false, more: false });
  expect(index.skippedLines).toBe(0);
});

test('a half line is ended before the next append, so that only it is lost', async () => {
  const writer = new RunWriter(root);
  writer.appendMetrics(stepMetrics(1));
  appendFileSync(file, '{"step":2,"rew');
  writer.repairTails();
  writer.appendMetrics(stepMetrics(2));
  const tail = tailOf(file);
  expect((await tail.read()).records.map(({ step }) => step)).toEqual([1, 2]);
  expect(tail.skippedLines).toBe(1);
  const before = readFileSync(file);
  writer.repairTails();
  expect(readFileSync(file)).toEqual(before);
});

test('requests to stop, and writing where nothing can be written', () => {
  const writer = new RunWriter(root);
  expect(writer.readStopRequest()).toBeNull();
  mkdirSync(join(root, 'control'));
  writeFileSync(join(root, 'control', 'stop'), '');
  expect(writer.readStopRequest()).toEqual({ mode: 'checkpoint' });
  writeFileSync(join(root, 'control', 'stop'), '{"mode":"now"}');
  expect(writer.readStopRequest()).toEqual({ mode: 'now' });
  writer.clearStopRequest();
  expect(writer.readStopRequest()).toBeNull();
  const gone = new RunWriter(join(root, 'gone'));
  expect(() => gone.appendMetrics(stepMetrics(1))).toThrow(RunFileError);
  expect(() => gone.appendMetrics(stepMetrics(1))).toThrow(
    /gone.metrics\.jsonl cannot be written \(ENOENT\)/,
  );
});
