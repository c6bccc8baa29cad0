import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { findLogs } from '../../../src/logs/find.js';
import { type Marks, SourceReplaced, UnmappedTable } from '../../../src/logs/formats/log.js';
import { parseMap } from '../../../src/logs/formats/table-map.js';
import { scratch } from '../../scratch.js';
import { Collected, read, readOnly } from './collected.js';

const logs = resolve('test/fixtures/logs');
const events = 'events.out.tfevents.1700000000.machine.1.0';
const whole = readFileSync(join(logs, 'tensorboard', events));

async function foundIn(path: string) {
  const [found] = await findLogs(path);
  if (!found) throw new Error('Nothing was found.');
  return found;
}

test('an event file that is being written gives its whole records, and the rest when it is there', async () => {
  const folder = scratch('logs');
  const found = await readOnly(join(logs, 'tensorboard'));
  for (const cut of [whole.length - 1, whole.length - 700, 9000, 95, 5]) {
    writeFileSync(join(folder, events), whole.subarray(0, cut));
    const run = await foundIn(folder);
    const marks: Marks = {};
    const collected = await read(run, marks);
    expect(Number(marks[events] ?? 0)).toBeLessThanOrEqual(cut);
    writeFileSync(join(folder, events), whole);
    await read(run, marks, collected);
    expect(collected.steps).toEqual(found.steps);
    // Nothing was given twice.
    expect(collected.calls).toBe(found.calls);
  }
});

test('a damaged event file names the offset, and what stands before it was given', async () => {
  const folder = scratch('logs');
  const bytes = Buffer.from(whole);
  bytes[12_000] = (bytes[12_000] ?? 0) ^ 0xff;
  writeFileSync(join(folder, events), bytes);
  const collected = new Collected();
  await expect(read(await foundIn(folder), {}, collected)).rejects.toThrow(
    new RegExp(`${events}, offset \\d+: the checksum of a record is wrong`),
  );
  expect(collected.steps.has(1)).toBe(true);
});

test('an event file that became shorter is read from its start', async () => {
  const folder = scratch('logs');
  writeFileSync(join(folder, events), whole);
  const run = await foundIn(folder);
  const marks: Marks = {};
  await read(run, marks);
  truncateSync(join(folder, events), 9000);
  await expect(read(run, marks)).rejects.toThrow(SourceReplaced);
});

test('a W&B file that is cut off goes on; one that is damaged says where', async () => {
  const folder = scratch('logs');
  cpSync(join(logs, 'wandb'), folder, { recursive: true });
  const [offline = ''] = readdirSync(folder);
  const [name = ''] = readdirSync(join(folder, offline)).filter((one) => one.endsWith('.wandb'));
  const file = join(folder, offline, name);
  const all = readFileSync(file);
  const run = await foundIn(file);
  const marks: Marks = {};
  writeFileSync(file, all.subarray(0, all.length - 2000));
  const collected = await read(run, marks);
  writeFileSync(file, all);
  await read(run, marks, collected);
  expect(collected.steps.get(3)).toMatchObject({ 'train/reward': 0.3 });

  const damaged = Buffer.from(all);
  damaged[4000] = (damaged[4000] ?? 0) ^ 0xff;
  writeFileSync(file, damaged);
  await expect(read(run, {})).rejects.toThrow(/offset \d+: the checksum of a record is wrong/);
  writeFileSync(file, 'something else');
  await expect(findLogs(file)).rejects.toThrow('not a file of W&B');
});

test('W&B records that fill many blocks are whole', async () => {
  // As LevelDB writes them: a record is cut where a block of 32 KiB ends.
  const { decodeWandb, readWandbRecords } = await import('../../../src/logs/formats/wandb-records.js');
  const file = readFileSync(join(logs, 'wandb', readdirSync(join(logs, 'wandb'))[0]!, await wandbName()));
  const records: Buffer[] = [];
  const { damaged, next } = readWandbRecords(file.subarray(7), 7, (data) => records.push(Buffer.from(data)));
  expect(damaged).toBeNull();
  expect(next).toBe(file.length);
  expect(records.length).toBeGreaterThan(10);
  expect(records.some((record) => decodeWandb(record).run?.displayName === 'count to seven')).toBe(true);
});

async function wandbName(): Promise<string> {
  const folder = join(logs, 'wandb', readdirSync(join(logs, 'wandb'))[0]!);
  return readdirSync(folder).find((name) => name.endsWith('.wandb')) ?? '';
}

test('completions that are half written wait; those that are no parquet are an error', async () => {
  const folder = scratch('logs');
  const inside = join(folder, 'completions');
  mkdirSync(inside);
  const bytes = readFileSync(join(logs, 'trl', 'completions', 'completions_00006.parquet'));
  const file = join(inside, 'completions_00006.parquet');
  writeFileSync(file, bytes.subarray(0, 3000));
  const run = await foundIn(folder);
  const marks: Marks = {};
  const collected = await read(run, marks);
  expect(collected.rollouts.size).toBe(0);
  writeFileSync(file, bytes);
  await read(run, marks, collected);
  expect(collected.rollouts.get(6)).toHaveLength(2);
  writeFileSync(file, 'neither the beginning nor the end');
  await expect(read(run, {})).rejects.toThrow('completions_00006.parquet: not a parquet file');
});

test('a trainer state that is being written waits; another schema names the field', async () => {
  const folder = scratch('logs');
  const file = join(folder, 'trainer_state.json');
  const text = readFileSync(join(logs, 'trl', 'checkpoint-6', 'trainer_state.json'), 'utf8');
  writeFileSync(file, text.slice(0, 2000));
  const run = await foundIn(folder);
  const marks: Marks = {};
  const collected = await read(run, marks);
  expect(collected.steps.size).toBe(0);
  writeFileSync(file, text);
  await read(run, marks, collected);
  expect(collected.steps.size).toBe(6);
  writeFileSync(file, '{"log_history": {"step": 1}}');
  await expect(read(run, {})).rejects.toThrow('trainer_state.json: log_history is missing');
  writeFileSync(file, '{"log_history": [{"loss": 1}, {"loss": 1, "step": 2}]}');
  const { left, steps } = await read(run, {});
  expect(left).toEqual([`${file}, entry 1 of log_history: has no step`]);
  expect([...steps.keys()]).toEqual([2]);
});

test('a locked store says so, and is read when it is free', async () => {
  const folder = scratch('logs');
  const file = join(folder, 'count.db');
  copyFileSync(join(logs, 'trackio', 'count.db'), file);
  const run = await foundIn(file);
  const writer = new DatabaseSync(file);
  writer.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  await expect(read(run)).rejects.toMatchObject({
    message: `${file} is locked: another program is writing into it`,
    hint: expect.stringContaining('Try again'),
  });
  writer.exec('COMMIT');
  writer.close();
  expect((await read(run)).steps.size).toBeGreaterThan(0);
  writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 600), Buffer.alloc(600, 7)]));
  await expect(read(run)).rejects.toThrow(/count\.db cannot be read as a store of trackio \(/);
});

test('lines of a table that are none are left out, with their numbers', async () => {
  const file = join(scratch('logs'), 'table.jsonl');
  writeFileSync(
    file,
    '{"step": 1, "loss": 2}\nnot json\n{"step": "three", "loss": 1}\n{"step": 4, "loss": 0}\n{"step": 5, "lo',
  );
  const { left, steps } = await readOnly(file);
  expect(left).toEqual([
    `${file}, line 2: not valid JSON`,
    `${file}, line 3: step is "three", not a whole number`,
  ]);
  expect([...steps.keys()]).toEqual([1, 4]);
});

test('an array with an object a line, commas behind objects, and objects in objects without an end', async () => {
  const file = join(scratch('logs'), 'table.jsonl');
  const deep = `{"step": 3, "loss": 1, "in": ${'{"a": '.repeat(5000)}1${'}'.repeat(5000)}}`;
  writeFileSync(file, `[\n{"step": 1, "loss": 3},\n{"step": 2, "in": {"a": 2}},\n${deep}\n]\n`);
  const { left, steps } = await readOnly(file);
  expect(left).toEqual([]);
  expect(Object.fromEntries(steps)).toEqual({ 1: { loss: 3 }, 2: { 'in/a': 2 }, 3: { loss: 1 } });
});

test('a table goes on where it ended, and its lines keep their numbers', async () => {
  const file = join(scratch('logs'), 'table.csv');
  writeFileSync(file, 'step,loss\n1,3\n2,2');
  const run = await foundIn(file);
  const marks: Marks = {};
  const collected = await read(run, marks);
  expect([...collected.steps.keys()]).toEqual([1]);
  appendFileSync(file, '\n3,1\n4,x,y\n');
  await read(run, marks, collected);
  expect(collected.left).toEqual([expect.stringContaining(`${file}, line 5: 3 values for 2 columns`)]);
  expect(Object.fromEntries(collected.steps)).toEqual({ 1: { loss: 3 }, 2: { loss: 2 }, 3: { loss: 1 } });
});

test('a table whose step has no usual name asks for it, and --map says it', async () => {
  const file = join(scratch('logs'), 'table.jsonl');
  writeFileSync(file, '{"tick": 10, "score": 0.5, "who": "a"}\n');
  const run = await foundIn(file);
  const error = await read(run).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnmappedTable);
  expect(error).toMatchObject({
    hint: expect.stringContaining('--map step=tick'),
    columns: { numbers: ['tick', 'score'], texts: ['who'] },
  });
  const { steps } = await read({ ...run, map: parseMap(['step=tick']) });
  expect(Object.fromEntries(steps)).toEqual({ 10: { score: 0.5 } });
  await expect(read({ ...run, map: { step: 'tock' } })).rejects.toThrow('there is no column "tock" for step');
  expect(() => parseMap(['stride=tick'])).toThrow('not a field and its column');
});

test('what is no log says which are', async () => {
  const folder = scratch('logs');
  writeFileSync(join(folder, 'notes.md'), 'nothing');
  await expect(findLogs(folder)).rejects.toMatchObject({
    message: `${folder} holds no log that G2RL Lab knows.`,
    hint: expect.stringContaining('TensorBoard event files'),
  });
  writeFileSync(join(folder, 'steps.csv'), 'step,reward\n1,0.5\n');
  await expect(findLogs(folder)).rejects.toMatchObject({
    message: `${folder} holds no log that G2RL Lab knows, but tables.`,
    hint: `Tables are read one by one. Specify a file, such as ${join(folder, 'steps.csv')}.`,
  });
  await expect(findLogs(join(folder, 'missing'))).rejects.toThrow('cannot be read (ENOENT');
});
