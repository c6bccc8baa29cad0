import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Asked, replyTo } from '../../../src/contract/channel.js';
import { type HostMessage, MESSAGE_PROTOCOL } from '../../../src/contract/messages.js';
import type { Questions } from '../../../src/contract/questions.js';
import { KnownError } from '../../../src/errors.js';
import { RunFileError } from '../../../src/runs/protocol/files.js';
import type { RunDelta } from '../../../src/runs/read/reader.js';
import { SeriesColumns } from '../../../src/series/columns.js';
import { answers } from '../../../src/views/answers.js';
import { RunFeed, type WatchedRun } from '../../../src/views/run-feed.js';
import { Throttle } from '../../../src/views/throttle.js';
import { benchmarkRecord } from '../runs/records.js';
import { linesOf, metricsLine, runOf, statusOf } from './fixtures.js';

function watched() {
  const listeners = new Set<(change: RunDelta) => void>();
  const columns = new SeriesColumns();
  columns.append(linesOf(2));
  const run: WatchedRun = {
    ...runOf({ steps: 2 }),
    columns,
    series: async () => columns,
    sketch: async () => columns,
    directory: '/runs/a',
    groupSteps: [1, 2],
    groups: async (step) => {
      if (step === 13)
        throw new RunFileError('groups.jsonl cannot be read (EACCES).', 'Change the permissions.', 'f');
      return [];
    },
    rollouts: async () => {
      throw new KnownError('rollouts/step-000001.jsonl is gone');
    },
    evaluation: async (_, benchmark) => {
      if (benchmark === 'none') throw new KnownError('The responses of none are not in this run.');
      return [{ id: 'p1', n: 4, correct: 1, answers: 2, majority: 0.5 }];
    },
    problem: async () => null,
    findResponses: async () => ({ hits: [], omitted: 0, unread: 0, next: null }),
    findProblems: async () => ({ ids: [], next: null }),
    onChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  const change = (next: RunDelta) => {
    for (const listener of listeners) listener(next);
  };
  return { run, listeners, change };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the feed of a webview', () => {
  function start() {
    const source = watched();
    const posted: HostMessage[] = [];
    const context = { run: source.run, runs: () => [source.run], save: async () => false };
    const feed = new RunFeed<Asked<Questions>>(
      source.run,
      (question) => replyTo(answers, context, question),
      (message) => posted.push(message),
      () => true,
    );
    return { ...source, posted, feed };
  }

  it('says nothing before the page is ready, then everything at once', () => {
    const { change, posted, feed } = start();
    change({ kind: 'metrics', steps: [2] });
    vi.advanceTimersByTime(1000);
    expect(posted).toEqual([]);
    feed.ready();
    expect(posted).toHaveLength(1);
    expect(posted[0]).toMatchObject({
      type: 'snapshot',
      protocol: MESSAGE_PROTOCOL,
      trusted: true,
      groupSteps: [[1, 2, 1]],
    });
    expect(posted[0]?.type === 'snapshot' && posted[0].series).toMatchObject({
      newest: { step: 2 },
      names: expect.arrayContaining(['step', 'reward']) as string[],
    });
  });

  it('sends at once what the reader found, as one message, and keeps nothing of it', () => {
    const { run, change, posted, feed } = start();
    feed.ready();
    posted.length = 0;
    const added = [metricsLine(3), metricsLine(4)];
    run.columns.append(added);
    const status = statusOf({ step: 6 });
    change({ kind: 'metrics', steps: [3, 4] });
    change({ kind: 'groupSteps', steps: [6] });
    change({ kind: 'benchmarks', benchmarks: [benchmarkRecord(6, 0.5)] });
    change({ kind: 'summary', changes: { status } });
    expect(posted.map((message) => message.type)).toEqual(['metrics', 'groupSteps', 'benchmarks', 'run']);
    expect(posted[0]).toEqual({ type: 'metrics', metrics: added, version: run.columns.version });
    // A heartbeat carries the status alone.
    expect(posted[3]).toEqual({ type: 'run', changes: { status } });
    vi.advanceTimersByTime(1000);
    expect(posted).toHaveLength(4);
  });

  it('of steps that are written again, and of very many, says only that there are others', () => {
    const { run, change, posted, feed } = start();
    feed.ready();
    posted.length = 0;
    run.columns.append([metricsLine(2, { reward: 0.7 }), metricsLine(3)]);
    change({ kind: 'metrics', steps: [2, 3] });
    run.columns.append(linesOf(100_000));
    change({ kind: 'metrics', steps: linesOf(100_000).map(({ step }) => step) });
    expect(posted.map(({ type }) => type)).toEqual(['series', 'series']);
    expect(JSON.stringify(posted).length).toBeLessThan(10_000);
  });

  it('answers with slices of the series', async () => {
    const { posted, feed } = start();
    feed.ready();
    const args = { metrics: ['reward'], averaged: [], from: null, to: null, width: 10, smoothing: 0 };
    await feed.reply({ type: 'ask', id: 1, name: 'slices', args });
    expect(posted[1]).toMatchObject({
      type: 'answer',
      answer: { count: 2, exact: true, values: [Float64Array.of(-0.49, -0.48)] },
    });
  });

  it('sends nothing to a hidden page, and a snapshot when it is back', () => {
    const { change, posted, feed } = start();
    feed.ready();
    feed.hidden();
    change({ kind: 'metrics', steps: [3] });
    change({ kind: 'summary', changes: { state: 'stopped' } });
    vi.advanceTimersByTime(1000);
    expect(posted.map((message) => message.type)).toEqual(['snapshot']);
    feed.ready();
    expect(posted.map((message) => message.type)).toEqual(['snapshot', 'snapshot']);
  });

  it('says that the run is deleted, also to a page that comes back later', () => {
    const { change, posted, feed } = start();
    feed.ready();
    change({ kind: 'deleted' });
    expect(posted.at(-1)).toEqual({ type: 'deleted' });
    feed.hidden();
    feed.ready();
    expect(posted.slice(-2).map((message) => message.type)).toEqual(['snapshot', 'deleted']);
  });

  it('starts anew when the series do', () => {
    const { change, posted, feed } = start();
    feed.ready();
    change({ kind: 'reset' });
    vi.advanceTimersByTime(1000);
    expect(posted.map((message) => message.type)).toEqual(['snapshot', 'snapshot']);
  });

  it('answers questions with their number, errors with their hint included', async () => {
    const { posted, feed } = start();
    feed.ready();
    const evaluation = { step: 1, benchmark: 'math500' };
    await feed.reply({ type: 'ask', id: 7, name: 'groups', args: { step: 1 } });
    await feed.reply({ type: 'ask', id: 8, name: 'rollouts', args: { step: 1 } });
    await feed.reply({ type: 'ask', id: 9, name: 'evaluation', args: evaluation });
    await feed.reply({ type: 'ask', id: 10, name: 'evaluation', args: { ...evaluation, benchmark: 'none' } });
    await feed.reply({ type: 'ask', id: 11, name: 'problem', args: { ...evaluation, id: 'p2' } });
    await feed.reply({ type: 'ask', id: 12, name: 'groups', args: { step: 13 } });
    await feed.reply({ type: 'ask', id: 13, name: 'otherRuns', args: {} });
    const failure = (id: number, message: string, hint = '') => ({
      type: 'failure',
      id,
      error: { message, hint },
    });
    expect(posted.slice(1)).toEqual([
      { type: 'answer', id: 7, answer: [] },
      failure(8, 'rollouts/step-000001.jsonl is gone.'),
      { type: 'answer', id: 9, answer: [{ id: 'p1', n: 4, correct: 1, answers: 2, majority: 0.5 }] },
      failure(10, 'The responses of none are not in this run.'),
      { type: 'answer', id: 11, answer: null },
      failure(12, 'groups.jsonl cannot be read (EACCES).', 'Change the permissions.'),
      { type: 'answer', id: 13, answer: [] },
    ]);
  });

  it('replies nothing to a page that was torn down, also when the next one counts from 0 again', async () => {
    const { run, posted, feed } = start();
    feed.ready();
    let answer: (groups: []) => void = () => {};
    run.groups = () => new Promise((resolve) => (answer = resolve));
    const before = feed.reply({ type: 'ask', id: 0, name: 'groups', args: { step: 1 } });
    feed.hidden();
    feed.ready();
    const now = feed.reply({ type: 'ask', id: 0, name: 'otherRuns', args: {} });
    answer([]);
    await Promise.all([before, now]);
    expect(posted.filter(({ type }) => type !== 'snapshot')).toEqual([{ type: 'answer', id: 0, answer: [] }]);
    expect(posted.filter(({ type }) => type === 'answer')).toHaveLength(1);
  });

  it('tells a page that shows another run now that its question is off', async () => {
    const { run, posted, feed } = start();
    feed.ready();
    let answer: (groups: []) => void = () => {};
    run.groups = () => new Promise((resolve) => (answer = resolve));
    const open = feed.reply({ type: 'ask', id: 3, name: 'groups', args: { step: 1 } });
    feed.dispose();
    const replies = [
      { type: 'failure', id: 3, error: { message: 'This view shows another run now.', hint: '' } },
    ];
    expect(posted.slice(1)).toEqual(replies);
    answer([]);
    await open;
    expect(posted.slice(1)).toEqual(replies);
  });

  it('lets go of the run', () => {
    const { listeners, feed } = start();
    feed.dispose();
    expect(listeners.size).toBe(0);
  });
});

describe('the throttle', () => {
  it('runs the last request, at most once an interval', () => {
    const action = vi.fn();
    const throttle = new Throttle(100, action);
    throttle.request();
    vi.advanceTimersByTime(0);
    expect(action).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 50; i++) {
      throttle.request();
      vi.advanceTimersByTime(2);
    }
    vi.advanceTimersByTime(500);
    expect(action).toHaveBeenCalledTimes(2);
    throttle.request();
    throttle.dispose();
    vi.advanceTimersByTime(500);
    expect(action).toHaveBeenCalledTimes(2);
  });
});
