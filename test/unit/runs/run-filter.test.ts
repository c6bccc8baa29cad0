/** The line that runs are filtered by, in the explorer and in the table. */
import { expect, test } from 'vitest';
import {
  filterSuggestions,
  fittingSuggestions,
  lastTerm,
  runFilter,
} from '../../../src/runs/facts/run-filter.js';
import { type RunRow, rowOf } from '../../../src/runs/facts/run-row.js';
import { runOf } from '../views/fixtures.js';
import { benchmarkRecord } from './records.js';

const base = rowOf(runOf({ state: 'finished' }));
const rows: RunRow[] = [
  { ...base, id: 'a', name: 'first', method: 'g2rl', tags: ['paper'], seed: 1, step: 40, duration: 90 },
  { ...base, id: 'b', name: 'a=b', method: 'grpo', seed: 12, step: 200, duration: 7200, scores: {} },
  { ...base, id: 'c', name: 'old', archived: true, study: 'helps', variant: 'grpo' },
];
const settings: Record<string, Record<string, unknown>> = {
  a: { 'method.lambda': 0.5, policy: 'tiny' },
  b: { 'method.lambda': 1, 'optimization.klCoefficient': null },
  c: {},
};
const found = (filter: string) =>
  rows.filter((row) => runFilter(filter)(row, (path) => settings[row.id]?.[path])).map(({ id }) => id);

test.each([
  ['', ['a', 'b']],
  ['method:g2rl tag:paper', ['a']],
  ['pass@1>0.5', ['a']],
  ['pass@1>52.2%', ['a']],
  ['pass@1>=0.6', []],
  ['pass@1>', ['a', 'b']],
  ['maj@16>0.9', []],
  ['countdown-test>0.5', ['a']],
  ['countdown-test:pass@1<0.6', ['a']],
  ['step>=200', ['b']],
  ['step!=200', ['a']],
  ['seed=1', ['a']],
  ['seed:1', ['a']],
  ['duration>1.5h', ['b']],
  ['duration<=90s', ['a']],
  ['created>2026-01-01', ['a', 'b']],
  ['created>2026-01-03', []],
  ['method.lambda=1', ['b']],
  ['method.lambda<0.7', ['a']],
  ['policy=TINY', ['a']],
  ['optimization.klCoefficient=null', ['b']],
  ['a=b', ['b']],
  ['is:archived', ['c']],
  ['is:archived variant:grpo', ['c']],
  ['study:helps', []],
])('%s', (filter, expected) => expect(found(filter)).toEqual(expected));

test('suggests fields with the runs that they would show, and comparisons', () => {
  const suggestions = filterSuggestions(rows);
  expect(suggestions).toContainEqual({ term: 'is:archived', count: 1 });
  expect(suggestions).toContainEqual({ term: 'pass@1>', count: null });
  expect(suggestions).toContainEqual({ term: 'countdown-test:pass@1>', count: null });
  for (const { term, count } of suggestions) {
    if (count !== null) expect(found(term), term).toHaveLength(count);
  }
});

test('a row has the newest and the best of each score, and the time of its steps', () => {
  const records = [
    { ...benchmarkRecord(0, 0.3), pass_at_1_se: 0.01 },
    { ...benchmarkRecord(10, 0.6), pass_at_1_se: 0.02 },
    { ...benchmarkRecord(20, 0.5), pass_at_1_se: 0.03 },
  ];
  const row = rowOf(runOf({ benchmarks: records, steps: 10 }));
  expect(row.scores[`${records[0]!.benchmark} pass@1`]).toEqual({
    last: 0.5,
    lastError: 0.03,
    best: 0.6,
    bestError: 0.02,
    bestStep: 10,
  });
  expect(row.duration).toBeCloseTo(25, 9);
  expect(row.experiment).toBe('a.g2rl.json');
});

test('the last term is what suggestions complete, a phrase in quotes as one', () => {
  const suggestions = ['tag:paper', 'tag:"to check"', 'pass@1>', 'method:g2rl'].map((term) => ({
    term,
    count: null,
  }));
  const fitting = (filter: string) => fittingSuggestions(filter, suggestions).map(({ term }) => term);
  expect(fitting('method:g2rl ta')).toEqual(['tag:paper', 'tag:"to check"']);
  expect(fitting('x tag:"to ch')).toEqual(['tag:"to check"']);
  expect(fitting('method:g2rl')).toEqual([]);
  expect(fitting('')).toHaveLength(4);
  expect(lastTerm('method:g2rl tag:"to ch')).toEqual({ before: 'method:g2rl ', term: 'tag:"to ch' });
  expect(lastTerm('a ')).toEqual({ before: 'a ', term: '' });
});
