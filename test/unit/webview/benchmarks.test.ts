import { expect, test } from 'vitest';
import { scores } from '../../../src/runs/facts/scores.js';
import { formulaParts } from '../../../webview/src/lib/formulas.js';
import { isInPaper, paperModelOf, paperScores } from '../../../webview/src/lib/paper.js';
import { filterProblems, movedSelection, visibleRows } from '../../../webview/src/lib/problems.js';
import { benchmarkRecord } from '../runs/records.js';

test('formulas are cut out of texts, prices are not formulas', () => {
  const kinds = (text: string) => formulaParts(text).map(({ kind, content }) => `${kind}: ${content}`);
  expect(kinds('If $x<2$ then \\(y\\) and \\[z\\]$$w$$.')).toEqual([
    'text: If ',
    'formula: x<2',
    'text:  then ',
    'formula: y',
    'text:  and ',
    'formula: z',
    'formula: w',
    'text: .',
  ]);
  expect(kinds('It costs $5 or $6.')).toEqual(['text: It costs $5 or $6.']);
  expect(kinds('$a \\$ b$')).toEqual(['formula: a \\$ b']);
  expect(kinds('')).toEqual([]);
  expect(formulaParts('$$a$$')[0]!.display).toBe(true);
});

test('rows on the screen, with some beyond', () => {
  expect(visibleRows(12_000, 26, 0, 260)).toEqual({ first: 0, end: 18 });
  expect(visibleRows(12_000, 26, 26 * 5000, 260)).toEqual({ first: 4992, end: 5018 });
  expect(visibleRows(12_000, 26, 26 * 11_990, 260)).toEqual({ first: 11_982, end: 12_000 });
  // The list became shorter than where it was scrolled to.
  expect(visibleRows(3, 26, 26 * 5000, 260)).toEqual({ first: 0, end: 3 });
  expect(visibleRows(0, 26, 0, 260)).toEqual({ first: 0, end: 0 });
});

test('keys move the selection and stop at the ends', () => {
  expect(movedSelection('ArrowDown', 0, 3, 10)).toBe(1);
  expect(movedSelection('ArrowUp', 0, 3, 10)).toBe(0);
  expect(movedSelection('End', 0, 3, 10)).toBe(2);
  expect(movedSelection('PageDown', 5, 100, 10)).toBe(15);
  expect(movedSelection('Enter', 0, 3, 10)).toBeNull();
});

test('problems by verdict and id', () => {
  const problems = [
    { id: 'algebra/1', n: 4, correct: 4, answers: 1, majority: 1 },
    { id: 'algebra/2', n: 4, correct: 2, answers: 2, majority: 0.5 },
    { id: 'geometry/1', n: 4, correct: 0, answers: 3, majority: 0 },
  ];
  const ids = (...[filter, search]: ['all' | 'right' | 'wrong' | 'disagreeing', string]) =>
    filterProblems(problems, filter, search).map(({ id }) => id);
  expect(ids('right', '')).toEqual(['algebra/1', 'algebra/2']);
  expect(ids('wrong', '')).toEqual(['geometry/1']);
  expect(ids('disagreeing', '')).toEqual(['algebra/2', 'geometry/1']);
  expect(ids('all', ' ALG')).toEqual(['algebra/1', 'algebra/2']);
});

test('the paper by the size that a policy names', () => {
  expect(paperModelOf('Qwen/Qwen3-1.7B-Base')).toBe('Qwen3-1.7B-Base');
  expect(paperModelOf('/models/qwen3-4b')).toBe('Qwen3-4B-Base');
  expect(paperModelOf('/models/4b/countdown')).toBeNull();
  expect(paperModelOf('Qwen3-14B')).toBeNull();
  expect(paperScores('Qwen3-4B-Base', 'gpqa-diamond', 'G2RL')).toEqual([38.7, 44.0, 89.2, 93.5]);
  expect(paperScores('Qwen3-1.7B-Base', 'gpqa-diamond', 'G2RL')).toBeNull();
  expect(isInPaper('countdown-test')).toBe(false);
});

test('base, best and last of each benchmark', () => {
  const rows = scores([
    benchmarkRecord(0, 0.2),
    benchmarkRecord(10, 0.6),
    benchmarkRecord(20, 0.5),
    benchmarkRecord(20, 0.3, 'other'),
  ]);
  expect(
    rows.map(({ benchmark, base, best, last }) => [benchmark, base?.step, best.step, last.step]),
  ).toEqual([
    ['countdown-test', 0, 10, 20],
    ['other', undefined, 20, 20],
  ]);
});
