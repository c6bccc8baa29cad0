import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { exportRecords } from '../../../src/export/files.js';
import { runsDocument } from '../../../src/reports/build.js';
import { scratch } from '../../scratch.js';
import { benchmarkRecord } from '../runs/records.js';

/** Folder of a run with a score of this judge. */
function runJudgedBy(id: string, judge: object | null): string {
  const run = join(scratch('judged'), id);
  mkdirSync(run);
  const manifest = { schema: 1, id, name: id, createdAt: new Date(0).toISOString(), seed: 0 };
  writeFileSync(
    join(run, 'run.json'),
    JSON.stringify({ ...manifest, experiment: experimentSchema.parse({}) }),
  );
  const record = { ...benchmarkRecord(5, 0.5, 'math500'), ...(judge && { judge }) };
  writeFileSync(join(run, 'benchmarks.jsonl'), `${JSON.stringify(record)}\n`);
  return run;
}
const own = () => runJudgedBy('own', { name: 'g2rl', version: 2 });

test('reports say who judged, and that scores of different judges are not comparable', async () => {
  const one = await runsDocument([own(), runJudgedBy('unknown', null)]);
  const { columns, rows } = one.tables[0]!.table;
  expect(rows.map((row) => row[columns.indexOf('judge')])).toEqual(['g2rl 2', null]);
  expect(one.notes).toContain('Answers were judged by g2rl 2.');
  const two = await runsDocument([own(), runJudgedBy('other', { name: 'math-verify', version: '0.8.0' })]);
  expect(two.notes).toContain(
    'Answers were judged by different judges (g2rl 2, math-verify 0.8.0): their scores are not comparable.',
  );
  expect((await runsDocument([runJudgedBy('unknown', null)])).notes.join()).not.toContain('judged');
});

test('exported scores say who judged', async () => {
  const file = join(scratch('exported'), 'benchmarks.csv');
  await exportRecords({
    runs: [own(), runJudgedBy('unknown', null)],
    records: 'benchmarks',
    format: 'csv',
    file,
  });
  const rows = parse(readFileSync(file, 'utf8'), { columns: true }) as { judge: string }[];
  expect(rows.map(({ judge }) => judge)).toEqual(['g2rl 2', '']);
});
