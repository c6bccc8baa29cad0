import { expect, test } from 'vitest';
import { activity, progress, secondsLeft, timeLeft } from '../../../src/runs/facts/progress.js';
import { changedFields } from '../../../src/runs/facts/run-summary.js';
import { gain, headlineScores, scores } from '../../../src/runs/facts/scores.js';
import { isAlive, isResumable } from '../../../src/runs/facts/state.js';
import type { ShownRunState } from '../../../src/runs/protocol/run-states.js';
import type { RunStatus } from '../../../src/runs/protocol/schema.js';
import { runContextValue } from '../../../src/views/run-tree-model.js';
import { runOf, statusOf } from '../views/fixtures.js';
import { benchmarkRecord } from './records.js';

const summaryOf = (state: ShownRunState, status: Partial<RunStatus> | null) =>
  runOf({ state, status }).summary;

test('the headline is of the first benchmark: its first, best and newest scores', () => {
  const records = [
    benchmarkRecord(0, 0.2),
    benchmarkRecord(0, 0.9, 'other'),
    benchmarkRecord(50, 0.5),
    benchmarkRecord(100, 0.4),
  ];
  const run = runOf({ benchmarks: records });
  const { evaluation } = run.summary.manifest.experiment;
  const preferring = (...names: string[]) => {
    evaluation.benchmarks = names.map((name) => ({ ...evaluation.benchmarks[0]!, name }));
    return headlineScores(run);
  };
  const score = headlineScores(run)!;
  expect([score.first.step, score.best.step, score.last.step]).toEqual([0, 50, 100]);
  expect(gain(score)).toBeCloseTo(0.2, 12);
  expect(preferring('other')?.last.pass_at_1).toBe(0.9);
  expect(preferring('unknown')?.benchmark).toBe('countdown-test');
  expect(headlineScores(runOf({ benchmarks: [] }))).toBeNull();
});

test('a gain is one over the starting policy', () => {
  const gainOf = (...steps: number[]) => {
    const [score] = scores(steps.map((step) => benchmarkRecord(step, step / 100)));
    return gain(score!);
  };
  expect(gainOf(0)).toBeNull();
  expect(gainOf(20, 40)).toBeNull();
  expect(gainOf(0, 20, 40)).toBe(0.4);
});

test('a run that ended early can be resumed, a finished or running one not', () => {
  expect(isResumable('stopped')).toBe(true);
  expect(isResumable('lost')).toBe(true);
  expect(isResumable('failed')).toBe(true);
  expect(isResumable('running')).toBe(false);
  expect(isResumable('finished')).toBe(false);
  for (const state of ['starting', 'running', 'evaluating', 'stopping'] as const) {
    expect([state, isAlive(state)]).toEqual([state, true]);
  }
});

test('a run that was lost in its last evaluation can be resumed: its benchmarks are still due', () => {
  const run = runOf({ state: 'lost', status: { state: 'evaluating', step: 200, totalSteps: 200 } });
  expect(isResumable(run.summary.state)).toBe(true);
  expect(runContextValue(run)).toBe('run.lost.resumable');
});

test('planned steps are those of the experiment until the trainer says how many', () => {
  const { steps } = runOf().summary.manifest.experiment.optimization;
  expect(progress(summaryOf('starting', null))).toEqual({ step: 0, total: steps, share: 0 });
  expect(progress(summaryOf('starting', { step: 0, totalSteps: 0 }))).toEqual({
    step: 0,
    total: steps,
    share: 0,
  });
  expect(progress(summaryOf('running', { step: 40, totalSteps: 160 }))).toEqual({
    step: 40,
    total: 160,
    share: 0.25,
  });
});

test('the time left follows the recent rate, and ends with the run', () => {
  const running = { step: 40, totalSteps: 100, secondsPerStep: 0.5 };
  expect(secondsLeft(summaryOf('running', running))).toBe(30);
  expect(secondsLeft(summaryOf('stopped', running))).toBeNull();
  expect(secondsLeft(summaryOf('running', { secondsPerStep: null }))).toBeNull();
  expect(timeLeft(summaryOf('running', running))).toBe('30 s left');
  // It is not on its way to its last step.
  for (const state of ['stopping', 'starting'] as const) expect(timeLeft(summaryOf(state, running))).toBe('');
  expect(timeLeft(summaryOf('running', { ...running, step: 100 }))).toBe('');
});

test('an evaluation shows how far it is', () => {
  const evaluating = statusOf({ evaluation: { benchmark: 'countdown-test', done: 32, total: 200 } });
  expect(activity({ state: 'evaluating', status: evaluating })).toBe('evaluating countdown-test 32/200');
  expect(activity({ state: 'running', status: statusOf({}) })).toBe('running');
});

test('of two summaries the fields that are other ones', () => {
  const { summary } = runOf();
  const status = statusOf({ step: 35 });
  expect(changedFields(summary, { ...summary })).toBeNull();
  expect(changedFields(summary, { ...summary, status })).toEqual({ status });
});
