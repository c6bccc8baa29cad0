import { expect, test } from 'vitest';
import { lineOf, progressBar, sparkline } from '../../../src/cli/display.js';
import { scoreTable } from '../../../src/cli/tables.js';
import { formatDuration, formatPercent } from '../../../src/runs/facts/format.js';
import { benchmarkRecord, stepMetrics } from '../runs/records.js';

test('sparklines and bars', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
  expect(sparkline([3, Number.NaN, 3], 5)).toBe('▁▁');
  expect(sparkline([], 5)).toBe('');
  expect(progressBar(0.5, 4)).toBe('██░░');
  expect(progressBar(7, 4)).toBe('████');
});

test('the table compares the first with the last row of each benchmark', () => {
  const text = scoreTable([
    benchmarkRecord(0, 0.3),
    benchmarkRecord(10, 0.6),
    benchmarkRecord(20, 0.45),
    { ...benchmarkRecord(0, 0.2, 'other'), similarity_mean: null },
  ]);
  expect(text).toMatch(/pass@1\s+30\.0 %\s+45\.0 %\s+\+15\.0 points/);
  expect(text).not.toContain('60.0');
  expect(text).toMatch(/other: 10 problems[\s\S]*pass@1\s+20\.0 %\n/);
  expect(text).toMatch(/mean similarity\s+–/);
  expect(scoreTable([])).toBe('');
  // A change that rounds to nothing has no direction; a loss has a real minus, as the scores have.
  const change = { similarity_mean: 0.1, distinct_at_k: 3 };
  const [from, to] = [
    { ...benchmarkRecord(0, 0.3), ...change },
    { ...benchmarkRecord(9, 0.2), ...change },
  ];
  const fall = scoreTable([from, to]);
  expect(fall).toMatch(/pass@1\s+30\.0 %\s+20\.0 %\s+−10\.0 points/);
  expect(fall).toMatch(/mean similarity\s+0\.100\s+0\.100\s+±0\.000/);
});

test('geometry that was not recorded has no row', () => {
  const old = benchmarkRecord(0, 0.3);
  expect(scoreTable([old])).not.toMatch(/log det|text cosine/);
  const newer = { ...benchmarkRecord(9, 0.2), logdet_mean: 8.125, text_similarity_mean: 0.7384 };
  expect(scoreTable([old, newer])).toMatch(/log det\(I \+ S\)\s+–\s+8\.13\s*\n/);
  expect(scoreTable([newer])).toMatch(/text cosine\s+0\.738/);
});

test('numbers for people', () => {
  expect(lineOf(stepMetrics(3), 9)).toContain('step 3/9');
  expect(formatPercent(null)).toBe('–');
  expect([5, 185, 7800].map(formatDuration)).toEqual(['5 s', '3 min 05 s', '2 h 10 min']);
});
