import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostMessage } from '../../../src/contract/messages.js';
import { type RunChange, RunFeed, type WatchedRun } from '../../../src/views/run-feed.js';
import { Throttle } from '../../../src/views/throttle.js';
import { benchmarkRecord } from '../runs/records.js';
import { metricsLine, runOf } from './fixtures.js';

function watched() {
  const listeners = new Set<(change: RunChange) => void>();
  const run: WatchedRun = {
    ...runOf({ steps: 2 }),
    directory: '/runs/a',
    groupSteps: [1, 2],
    groups: async () => [],
    rollouts: async () => {
      throw new Error('rollouts/step-000001.jsonl is gone');
    },
    evaluation: async (_, benchmark) => {
      if (benchmark === 'none') throw new Error('The responses of none are not in this run.');
      return [{ id: 'p1', n: 4, correct: 1, answers: 2, majority: 0.5 }];
    },
    problem: async () => null,
    onChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
  };
  const change = (next: RunChange) => {
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
    const feed = new RunFeed(
      source.run,
      (message) => posted.push(message),
      () => true,
    );
    return { ...source, posted, feed };
  }

  it('says nothing before the page is ready, then everything at once', () => {
    const { change, posted, feed } = start();
    change({ kind: 'metrics', metrics: [metricsLine(2)] });
    vi.advanceTimersByTime(1000);
    expect(posted).toEqual([]);
    feed.ready();
    expect(posted).toHaveLength(1);
    expect(posted[0]).toMatchObject({ type: 'snapshot', protocol: 1, trusted: true, groupSteps: [1, 2] });
    expect(posted[0]?.type === 'snapshot' && posted[0].metrics.map((line) => line.step)).toEqual([1, 2]);
  });

  it('gathers what changes within a frame and loses nothing', () => {
    const { change, posted, feed } = start();
    feed.ready();
    vi.advanceTimersByTime(100);
    posted.length = 0;
    change({ kind: 'metrics', metrics: [metricsLine(3)] });
    vi.advanceTimersByTime(1);
    expect(posted).toHaveLength(1);
    for (const step of [4, 5, 6]) change({ kind: 'metrics', metrics: [metricsLine(step)] });
    change({ kind: 'benchmarks', benchmarks: [benchmarkRecord(6, 0.5)] });
    change({ kind: 'groupSteps', steps: [6] });
    change({ kind: 'summary' });
    expect(posted).toHaveLength(1);
    vi.advanceTimersByTime(16);
    expect(posted.slice(1).map((message) => message.type)).toEqual([
      'metrics',
      'groupSteps',
      'benchmarks',
      'run',
    ]);
    expect(posted[1]).toMatchObject({ metrics: [{ step: 4 }, { step: 5 }, { step: 6 }] });
    vi.advanceTimersByTime(1000);
    expect(posted).toHaveLength(5);
  });

  it('sends nothing to a hidden page, and a snapshot when it is back', () => {
    const { change, posted, feed } = start();
    feed.ready();
    change({ kind: 'metrics', metrics: [metricsLine(3)] });
    feed.hidden();
    change({ kind: 'summary' });
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
    change({ kind: 'metrics', metrics: [metricsLine(3)] });
    change({ kind: 'reset' });
    vi.advanceTimersByTime(1000);
    expect(posted.map((message) => message.type)).toEqual(['snapshot', 'snapshot']);
  });

  it('answers requests with their number, errors included', async () => {
    const { posted, feed } = start();
    feed.ready();
    await feed.answer({ type: 'getGroups', request: 7, step: 1 });
    await feed.answer({ type: 'getRollouts', request: 8, step: 1 });
    await feed.answer({ type: 'getEvaluation', request: 9, step: 1, benchmark: 'math500' });
    await feed.answer({ type: 'getEvaluation', request: 10, step: 1, benchmark: 'none' });
    await feed.answer({ type: 'getProblem', request: 11, step: 1, benchmark: 'math500', id: 'p2' });
    expect(posted.slice(1)).toEqual([
      { type: 'groups', request: 7, step: 1, groups: [] },
      { type: 'rollouts', request: 8, step: 1, rollouts: [], error: 'rollouts/step-000001.jsonl is gone' },
      {
        type: 'evaluation',
        request: 9,
        step: 1,
        benchmark: 'math500',
        problems: [{ id: 'p1', n: 4, correct: 1, answers: 2, majority: 0.5 }],
        error: null,
      },
      {
        type: 'evaluation',
        request: 10,
        step: 1,
        benchmark: 'none',
        problems: [],
        error: 'The responses of none are not in this run.',
      },
      { type: 'problem', request: 11, problem: null, error: null },
    ]);
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
