import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, expect, it } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { exportRecords } from '../../../src/export/files.js';
import { scratch } from '../../scratch.js';

let run: string;

const group = (step: number, index: number, reward: number) => ({
  step,
  group: index,
  prompt_id: `p${index}`,
  prompt: '=1+1, "x"\nnext',
  m: 3,
  rewards: [reward, -1, 1],
  shaped: [1.5, -1, 1],
  scalers: [1.5, 1, 1],
  exploration: [0.5, 0.25, 1],
  advantages: [1, -1, 0],
  lengths: [8, 9, 10],
  answers: ['a', '', 'c'],
  similarity: [0.5, 0.25, 0.125],
});
const lines = (records: object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

beforeAll(() => {
  run = join(scratch('export'), '20260101-000000-a-0000');
  mkdirSync(run);
  const experiment = experimentSchema.parse({});
  const manifest = {
    schema: 1,
    id: 'a',
    name: 'a',
    createdAt: new Date(0).toISOString(),
    experiment,
    seed: 0,
  };
  writeFileSync(join(run, 'run.json'), JSON.stringify(manifest));
  const metrics = [
    { step: 1, time: 1, reward: 0.5, mine: 7 },
    { step: 2, time: 2, reward: 0.25 },
    // A resumed run wrote its second step again.
    { step: 2, time: 3, reward: 0.125 },
  ];
  writeFileSync(join(run, 'metrics.jsonl'), lines(metrics));
  writeFileSync(join(run, 'groups.jsonl'), lines([group(1, 0, 1), group(2, 0, 1), group(2, 0, -1)]));
});

it('writes a row a step, what is unknown to this version, too', async () => {
  const folder = scratch('exported');
  const { file, rows } = await exportRecords({
    runs: [run],
    records: 'metrics',
    format: 'csv',
    file: join(folder, 'metrics.csv'),
  });
  expect(rows).toBe(2);
  expect(parse(readFileSync(file), { columns: true })).toEqual([
    { run: '20260101-000000-a-0000', step: '1', time: '1', reward: '0.5', mine: '7' },
    { run: '20260101-000000-a-0000', step: '2', time: '3', reward: '0.125', mine: '' },
  ]);
  expect(readdirSync(folder)).toEqual(['metrics.csv']);
});

it('writes a row a response, the same in both formats', async () => {
  const folder = scratch('exported');
  const csv = await exportRecords({
    runs: [run, run],
    records: 'groups',
    format: 'csv',
    file: join(folder, 'groups.csv'),
  });
  const parquet = await exportRecords({
    runs: [run, run],
    records: 'groups',
    format: 'parquet',
    file: join(folder, 'groups.parquet'),
  });
  expect([csv.rows, parquet.rows]).toEqual([12, 12]);
  const read = await parquetReadObjects({ file: await asyncBufferFromFile(parquet.file) });
  expect(read[3]).toMatchObject({
    step: 2,
    group: 0,
    response: 0,
    reward: -1,
    answer: 'a',
    prompt: '=1+1, "x"\nnext',
  });
  expect(read[0]!.similarity).toBeCloseTo(0.375, 12);
  expect(read[1]!.similarity).toBeCloseTo(0.3125, 12);
  const texts = read.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)])),
  );
  expect(parse(readFileSync(csv.file), { columns: true })).toEqual(texts);
});

it('has a column for each reward where a run has several', async () => {
  const several = join(scratch('export-several'), '20260101-000000-b-0000');
  cpSync(run, several, { recursive: true });
  const components = { correct: [1, -1, 1], short: [-3, null, -5.5] };
  writeFileSync(join(several, 'groups.jsonl'), lines([{ ...group(1, 0, 1), components, left_out: [1] }]));
  const file = join(scratch('exported'), 'groups.csv');
  await exportRecords({ runs: [run, several], records: 'groups', format: 'csv', file });
  const rows = parse<Record<string, string>>(readFileSync(file), { columns: true });
  expect(rows.slice(6).map(({ reward }) => reward === '')).toEqual([false, true, false]);
  expect(rows.map((row) => [row.reward_correct, row.reward_short])).toEqual([
    ...new Array(6).fill(['', '']),
    ['1', '-3'],
    ['-1', ''],
    ['1', '-5.5'],
  ]);
});

it('leaves an empty table of a run without scores', async () => {
  const folder = scratch('exported');
  for (const format of ['csv', 'parquet'] as const) {
    const file = join(folder, `benchmarks.${format}`);
    const { rows } = await exportRecords({ runs: [run], records: 'benchmarks', format, file });
    expect(rows).toBe(0);
    expect(existsSync(file)).toBe(true);
  }
  const file = await asyncBufferFromFile(join(folder, 'benchmarks.parquet'));
  expect(await parquetReadObjects({ file })).toEqual([]);
});

it('names the file that cannot be written', async () => {
  const file = join(scratch('exported'), 'file', 'metrics.csv');
  writeFileSync(dirname(file), '');
  await expect(exportRecords({ runs: [run], records: 'metrics', format: 'csv', file })).rejects.toThrow(
    dirname(file),
  );
});
