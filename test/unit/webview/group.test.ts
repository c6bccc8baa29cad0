import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCompact,
  formatDuration,
  formatNumber,
  formatPercent,
  formatPoints,
} from '../../../src/runs/facts/format.js';
import type { GroupRecord } from '../../../src/runs/protocol/schema.js';
import { flatten } from '../../../webview/src/lib/configuration.js';
import { pairSummary, responseRows, sortRows } from '../../../webview/src/lib/group.js';
import { divergingColor, fromUpperTriangle, histogram, parseColor } from '../../../webview/src/lib/matrix.js';

const group: GroupRecord = {
  step: 4,
  group: 2,
  prompt_id: 'a',
  prompt: '3 4 5 -> 17',
  m: 4,
  rewards: [-1, 1, -1, 1],
  shaped: [-1.2, 0.9, -0.8, 1.1],
  scalers: [1.2, 0.9, 0.8, 1.1],
  exploration: [0.2, 0.4, 0.9, 0.1],
  advantages: [-1, 0.8, -0.9, 1.1],
  lengths: [8, 9, 10, 11],
  answers: ['3+4', '3*4+5', '5', '4*3+5'],
  similarity: [0.5, -0.25, 0, -1, 0.75, 0.1],
};

describe('a group', () => {
  test('the upper triangle unfolds to a symmetric matrix with ones on its diagonal', () => {
    expect([...fromUpperTriangle(group.similarity, 4)]).toEqual([
      1, 0.5, -0.25, 0, 0.5, 1, -1, 0.75, -0.25, -1, 1, 0.1, 0, 0.75, 0.1, 1,
    ]);
  });

  test('rows carry each response, and every order is a permutation', () => {
    const rows = responseRows(group);
    expect(rows[1]).toMatchObject({ index: 1, answer: '3*4+5', correct: true, scaler: 0.9, length: 9 });
    const indices = (order: Parameters<typeof sortRows>[1]) => sortRows(rows, order).map((row) => row.index);
    expect(indices('sampled')).toEqual([0, 1, 2, 3]);
    expect(indices('correct first')).toEqual([1, 3, 0, 2]);
    expect(indices('most novel first')).toEqual([2, 1, 0, 3]);
    expect(indices('by answer')).toEqual([1, 3, 0, 2]);
  });

  test('mean similarity and negative pairs are over pairs', () => {
    const summary = pairSummary(group)!;
    expect(summary.mean).toBeCloseTo(0.1 / 6, 12);
    expect(summary.negative).toBeCloseTo(2 / 6, 12);
    expect(pairSummary({ ...group, m: 1, similarity: [] })).toBeNull();
  });
});

test('a histogram counts every value in its range, the upper edge in the last bin', () => {
  expect(histogram([0, 0.24, 0.25, 1, 1.5], 0, 1, 4).counts).toEqual([2, 1, 0, 1]);
});

describe('colours', () => {
  test('0 is the background, −1 and 1 the ends', () => {
    expect(divergingColor(0, [30, 30, 30])).toEqual([30, 30, 30]);
    expect(divergingColor(1, [30, 30, 30])).toEqual([213, 94, 0]);
    expect(divergingColor(-1, [30, 30, 30])).toEqual([0, 114, 178]);
  });

  test('reads the notations of computed styles', () => {
    expect(parseColor('#1e1e1e')).toEqual([30, 30, 30]);
    expect(parseColor(' #fff')).toEqual([255, 255, 255]);
    expect(parseColor('rgb(1, 2, 3)')).toEqual([1, 2, 3]);
    expect(parseColor('rgba(1 2 3 / 0.5)')).toEqual([1, 2, 3]);
    expect(parseColor('hotpink')).toBeNull();
  });
});

test('numbers are shown for people, and a dash where there is none', () => {
  expect(formatNumber(Number.NaN)).toBe('–');
  expect(formatNumber(-0.12345)).toBe('−0.123');
  expect(formatNumber(-0.00397, 2)).toBe('0.00');
  expect(formatNumber(-10, 0)).toBe('−10');
  // Rounded as it is written, not as its double is: that is a little below.
  expect(formatNumber(0.995, 2)).toBe('1.00');
  expect(formatNumber(-1.005, 2)).toBe('−1.01');
  expect(formatCompact(1.005)).toBe('1.01');
  expect(formatCompact(0.995)).toBe('0.995');
  expect(formatPercent(0.4375)).toBe('43.8 %');
  expect(formatPoints(-0.021)).toBe('−2.1');
  expect(formatPoints(0.15)).toBe('+15.0');
  expect(formatPoints(-0.0001)).toBe('±0.0');
  expect(formatCompact(0.000123)).toBe('1.2e−4');
  expect(formatCompact(-12.3456)).toBe('−12.3');
  expect(formatDuration(3700)).toBe('1 h 01 min');
  expect(formatDuration(75)).toBe('1 min 15 s');
  expect(formatDuration(null)).toBe('–');
  expect([formatBytes(40_000), formatBytes(3_000_000)]).toEqual(['40 KiB', '2.9 MiB']);
  expect([formatBytes(1.5 * 2 ** 30), formatBytes(80 * 2 ** 30), formatBytes(undefined)]).toEqual([
    '1.5 GiB',
    '80 GiB',
    '–',
  ]);
});

test('a configuration becomes rows with dotted names', () => {
  expect(flatten({ a: { b: [1, 2], c: null }, d: [{ e: true }] }, '')).toEqual([
    { name: 'a.b', value: '1, 2' },
    { name: 'a.c', value: '–' },
    { name: 'd.0.e', value: 'true' },
  ]);
});
