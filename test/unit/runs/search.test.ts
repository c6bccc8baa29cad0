import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rolloutsFile } from '../../../src/runs/protocol/paths.js';
import { EvaluationIndex } from '../../../src/runs/read/evaluation-index.js';
import { readRollouts } from '../../../src/runs/read/rollouts.js';
import { findResponses } from '../../../src/runs/read/search-rollouts.js';
import { scratch } from '../../scratch.js';

function lines(file: string, records: readonly unknown[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

const record = (step: number, group: number, ...texts: string[]) => ({
  step,
  group,
  prompt_id: 'p',
  prompt: `Prompt ${group}`,
  responses: texts.map((text) => ({ text, answer: '', reward: 1, finished: true, reason: 'fine' })),
});

/** All parts of a search, as a page asks for them. */
async function all(run: string, text: string, from: number) {
  const hits: string[] = [];
  let next: number | null = from;
  while (next !== null) {
    const part = await findResponses(run, text, next);
    hits.push(...part.hits.map(({ step, group, response }) => `${step}/${group}/${response}`));
    next = part.next;
  }
  return hits;
}

test('texts of all steps are found in any case, the newest first; of a repeated group the last line counts', async () => {
  const run = scratch('search');
  lines(rolloutsFile(run, 3), [
    record(3, 1, 'old needle'),
    record(3, 0, 'no', 'A "Needle"\nétait là'),
    record(3, 1, 'new'),
  ]);
  lines(rolloutsFile(run, 12), [record(12, 0, 'NEEDLE', 'needle')]);
  writeFileSync(
    join(run, 'rollouts', 'step-000007.jsonl'),
    'damaged\n{"step":7,"group":0,"responses":[null]}\n',
  );
  expect(await all(run, 'needle', 20)).toEqual(['12/0/0', '12/0/1', '3/0/1']);
  const { groups } = await readRollouts(rolloutsFile(run, 7));
  expect(groups).toMatchObject([{ prompt: '', responses: [{ text: '', answer: '', reason: '' }] }]);
  // A step that cannot be read does not end the search.
  mkdirSync(rolloutsFile(run, 9));
  expect(await findResponses(run, 'needle', 20)).toMatchObject({ unread: 1, next: null });
  expect(await all(run, 'ÉTAIT', 20)).toEqual(['3/0/1']);
  expect(await all(run, 'needle', 11)).toEqual(['3/0/1']);
  expect(await all(run, 'prompt 0', 5)).toEqual(['3/0/null']);
  expect(await all(run, '.*', 20)).toEqual([]);
  expect(await all(scratch('empty'), 'x', 20)).toEqual([]);
});

test('a long search comes in parts, none of which takes long, and ends', async () => {
  const run = scratch('search');
  const text = `${'word '.repeat(20_000)}needle`;
  for (let step = 1; step <= 40; step++) {
    lines(rolloutsFile(run, step), [record(step, 0, ...Array.from({ length: 40 }, () => text))]);
  }
  const first = await findResponses(run, 'needle', 40);
  expect(first.next).toBeGreaterThan(1);
  expect(await all(run, 'needle', 40)).toHaveLength(1600);
}, 60_000);

test('problems are found by their statement, answer and responses', async () => {
  const file = join(scratch('evaluation'), 'a.jsonl');
  const problem = (id: string, statement: string, gold: string, text: string) => ({
    id,
    n: 1,
    correct: 1,
    answers: 1,
    majority: 1,
    problem: statement,
    gold,
    responses: [{ text, answer: null, class: -1, correct: true, reason: '', tokens: null, finished: null }],
  });
  lines(file, [
    problem('1', 'A train leaves', '60 km', 'It is fast'),
    problem('2', 'A bird', '7', 'so the TRAIN'),
    problem('3', 'A fish', 'train', ''),
    problem('4', 'A fish', '8', ''),
  ]);
  const index = new EvaluationIndex(file);
  await index.read();
  expect(await index.find('Train', 0)).toEqual({ ids: ['1', '2', '3'], next: null });
  expect(await index.find('train', 1)).toEqual({ ids: ['2', '3'], next: null });
  expect(await index.find('nowhere', 0)).toEqual({ ids: [], next: null });
  expect(await index.find('x', 99)).toEqual({ ids: [], next: null });
});
