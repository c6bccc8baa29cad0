import { expect, test } from 'vitest';
import { activity, headline, isResumable, secondsLeft } from '../../../webview/src/lib/overview.js';
import { benchmarkRecord } from '../runs/records.js';
import { statusOf } from '../views/fixtures.js';

test('the headline is of the first benchmark: its first, best and newest scores', () => {
  const records = [
    benchmarkRecord(0, 0.2),
    benchmarkRecord(0, 0.9, 'other'),
    benchmarkRecord(50, 0.5),
    benchmarkRecord(100, 0.4),
  ];
  const score = headline(records)!;
  expect([score.first.step, score.best.step, score.last.step]).toEqual([0, 50, 100]);
  expect(headline(records, 'other')?.last.pass_at_1).toBe(0.9);
  expect(headline(records, 'unknown')?.benchmark).toBe('countdown-test');
  expect(headline([])).toBeNull();
});

test('a run that ended early can be resumed, a finished or running one not', () => {
  const early = statusOf({ step: 5, totalSteps: 10 });
  expect(isResumable('stopped', early)).toBe(true);
  expect(isResumable('lost', early)).toBe(true);
  expect(isResumable('failed', null)).toBe(true);
  expect(isResumable('running', early)).toBe(false);
  expect(isResumable('finished', early)).toBe(false);
  expect(isResumable('stopped', statusOf({ step: 10, totalSteps: 10 }))).toBe(false);
});

test('the time left follows the recent rate, and ends with the run', () => {
  const running = statusOf({ step: 40, totalSteps: 100, secondsPerStep: 0.5 });
  expect(secondsLeft('running', running)).toBe(30);
  expect(secondsLeft('stopped', running)).toBeNull();
  expect(secondsLeft('running', statusOf({ secondsPerStep: null }))).toBeNull();
});

test('an evaluation shows how far it is', () => {
  const evaluating = statusOf({ evaluation: { benchmark: 'countdown-test', done: 32, total: 200 } });
  expect(activity('evaluating', evaluating)).toBe('evaluating countdown-test 32/200');
  expect(activity('running', statusOf({}))).toBe('running');
});
