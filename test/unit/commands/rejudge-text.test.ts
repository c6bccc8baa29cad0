import { expect, test } from 'vitest';
import { changeLines, verdictsText } from '../../../src/commands/rejudge-text.js';
import { benchmarkRecord } from '../runs/records.js';

const score = (step: number, changed: number, before: number, after: number) => ({
  step,
  benchmark: 'math500',
  responses: 3200,
  changed,
  before: benchmarkRecord(step, before, 'math500'),
  after: benchmarkRecord(step, after, 'math500'),
});

test('what judging again changes, with both scores', () => {
  const run = { name: 'a', scores: [score(0, 0, 0.3, 0.3), score(200, 12, 0.412, 0.416)], skipped: [] };
  expect(verdictsText([run])).toBe('12 of 6,400 verdicts change.');
  expect(changeLines([run])).toEqual([
    'math500 at step 200: 41.2 % → 41.6 %, 12 of 3,200 verdicts',
    'math500 at step 0: stays at 30.0 %',
  ]);
});

test('several runs are named, what is left as it is says why, and long lists are cut', () => {
  const scores = Array.from({ length: 20 }, (_, step) => score(step, 1, 0.1, 0.2));
  const lines = changeLines([
    { name: 'a', scores, skipped: ['math500 at step 9: its responses were not kept'] },
    { name: 'b', scores: [], skipped: [] },
  ]);
  expect(lines).toHaveLength(14);
  expect(lines[0]).toBe('a: math500 at step 0: 10.0 % → 20.0 %, 1 of 3,200 verdicts');
  expect(lines[12]).toBe('and 8 more');
  expect(lines[13]).toBe('Left as it is: math500 at step 9: its responses were not kept.');
});
