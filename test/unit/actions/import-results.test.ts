import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { importResults } from '../../../src/actions/results/import-results.js';
import { scratch } from '../../scratch.js';
import { existingRun, newRunIn } from './faces.js';

const linesOf = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

function responsesFile(folder: string): string {
  const file = join(folder, 'sums.jsonl');
  writeFileSync(file, '{"id":"a","answer":"2","responses":["\\\\boxed{2}","\\\\boxed{3}"]}\n');
  return file;
}

test('responses are graded and filed with a run', async () => {
  const folder = scratch();
  const directory = await existingRun(newRunIn(folder));
  const file = responsesFile(folder);
  const [record, ...others] = await importResults(directory, {
    files: [file],
    step: 5,
    problems: null,
    kind: null,
  });
  expect(others).toEqual([]);
  expect(record).toMatchObject({ step: 5, benchmark: 'sums', source: 'sums.jsonl', pass_at_1: 0.5 });
  expect(linesOf(join(directory, 'benchmarks.jsonl'))).toEqual([record]);
  expect(linesOf(join(directory, String(record?.samples_file)))[1]).toMatchObject({ id: 'a', correct: 1 });
});

test("a harness's score stands for itself", async () => {
  const folder = scratch();
  const directory = await existingRun(newRunIn(folder));
  const file = join(folder, 'results_1.json');
  writeFileSync(file, '{"results":{"gsm":{"exact_match,none":0.25}}}');
  const records = await importResults(directory, { files: [file], step: 0, problems: null, kind: null });
  expect(records).toMatchObject([
    { benchmark: 'gsm', pass_at_1: 0.25, source: 'results_1.json: exact_match (none) 25.0 %' },
  ]);
});

test('one name for several benchmarks is refused, and nothing is filed', async () => {
  const folder = scratch();
  const directory = await existingRun(newRunIn(folder));
  const file = responsesFile(folder);
  const refused = importResults(directory, {
    files: [file, file],
    step: 5,
    benchmark: 'one',
    problems: null,
    kind: null,
  });
  await expect(refused).rejects.toThrow('One benchmark was specified, but the files contain 2: sums, sums.');
  expect(() => linesOf(join(directory, 'benchmarks.jsonl'))).toThrow('ENOENT');
});
