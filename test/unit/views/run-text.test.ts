import { describe, expect, it } from 'vitest';
import {
  escapeMarkdown,
  formatDuration,
  formatPercent,
  formatPoints,
  formatRate,
} from '../../../src/runs/facts/format.js';
import { compareRuns, defaultRun } from '../../../src/runs/facts/run-lists.js';
import { gain, headlineScores } from '../../../src/runs/facts/scores.js';
import {
  endNotice,
  runDescription,
  runTooltip,
  stateIcons,
  statusBarContent,
} from '../../../src/views/run-text.js';
import { benchmarkRecord } from '../runs/records.js';
import { runOf } from './fixtures.js';

const now = Date.parse('2026-01-02T03:07:05.000Z');
const row = { traits: ['g2rl', 'seed 3'], now };

describe('the words for a run', () => {
  it('says progress, rate and score with its gain over the starting policy', () => {
    expect(runDescription(runOf(), row)).toBe(
      '34/200 · g2rl · seed 3 · pass@1 52.3 % (+12.3) · 1.1 s/step · 3 min ago',
    );
  });

  it('says what an evaluation has done', () => {
    const run = runOf({
      state: 'evaluating',
      status: { evaluation: { benchmark: 'b', done: 3, total: 9 } },
      benchmarks: [],
    });
    expect(runDescription(run, row)).toBe('evaluating 3/9 at step 34 · g2rl · seed 3 · 3 min ago');
  });

  it('copes with a run that has no status yet', () => {
    expect(runDescription(runOf({ state: 'starting', status: null, benchmarks: [], steps: 0 }), row)).toBe(
      'starting · g2rl · seed 3 · 3 min ago',
    );
    expect(runDescription(runOf({ state: 'lost', status: null, benchmarks: [] }), row)).toBe(
      'g2rl · seed 3 · lost at 0/200 · 3 min ago',
    );
  });

  it('prefers the benchmark that the experiment names first', () => {
    const run = runOf({ benchmarks: [benchmarkRecord(0, 0.9, 'other'), benchmarkRecord(0, 0.1)] });
    expect(headlineScores(run)?.benchmark).toBe('countdown-test');
    expect(gain(headlineScores(run)!)).toBeNull();
  });

  it('takes the last line of a repeated step as its score', () => {
    const run = runOf({ benchmarks: [benchmarkRecord(25, 0.1), benchmarkRecord(25, 0.2)] });
    expect(headlineScores(run)?.last.pass_at_1).toBe(0.2);
  });

  it('makes whatever comes from files inert in the tooltip', () => {
    const tooltip = runTooltip(
      runOf({
        name: '[x](command:evil) <img src=x> $(trash)',
        notes: '![a](https://evil.example/x.png)\n# head | cell',
        state: 'failed',
        status: { error: { message: '**boom** `code`', hint: 'https://evil.example' } },
        notice: '<b>hi</b>',
        skippedLines: { 'metrics.jsonl': 2 },
      }),
      now,
    );
    expect(tooltip).not.toMatch(/\]\(|<img|<b>|\$\(|\*\*boom|https:\/\/|!\[/);
    expect(tooltip).toContain('&#42;&#42;boom');
    expect(tooltip).toContain('2 in metrics');
    expect(tooltip.split('\n')).not.toContain('# head | cell');
  });

  it('tells the end of a run, not more than an alive one needs', () => {
    expect(endNotice(runOf(), [])).toBeNull();
    expect(endNotice(runOf({ state: 'finished', status: { step: 200 } }), [])?.text).toBe(
      'countdown (g2rl, seed 0) finished after 200 steps: pass@1 52.3 % (+12.3).',
    );
    const failed = endNotice(
      runOf({
        state: 'failed',
        status: { error: { message: 'The disk is full.', hint: 'Free some space.' } },
      }),
      [],
    );
    expect(failed).toMatchObject({ severity: 'error', resumable: true });
    expect(failed?.text).toContain('The disk is full. Free some space.');
    expect(endNotice(runOf({ state: 'lost' }), [])?.severity).toBe('error');
    expect(endNotice(runOf({ state: 'stopped' }), [])).toMatchObject({
      severity: 'information',
      resumable: true,
    });
  });

  it('blames a GPU for a run that was lost or failed on it', () => {
    const status = { device: 'NVIDIA RTX 4060 (WebGPU)' };
    const lost = runOf({ state: 'lost', status });
    expect(endNotice(lost, [])).toMatchObject({ resumable: true, ofGpu: true });
    expect(runTooltip(lost, now)).toContain('The driver of NVIDIA RTX 4060');
    expect(endNotice(runOf({ state: 'stopped', status }), [])).toMatchObject({ ofGpu: false });
    expect(endNotice(runOf({ state: 'lost', status: { device: 'CPU, 2 threads' } }), [])).toMatchObject({
      ofGpu: false,
    });
  });

  it('shows the one alive run in the status bar, or how many there are', () => {
    expect(statusBarContent([], () => row)).toBeNull();
    expect(statusBarContent([runOf()], () => row)?.text).toBe('$(sync~spin) G2RL 34/200 · 1.1 s/step');
    expect(statusBarContent([runOf()], () => row)?.tooltip).toContain('3 min 03 s left');
    expect(statusBarContent([runOf(), runOf({ id: 'b' })], () => row)?.text).toContain('2 runs');
  });

  it('has an icon for every state, spinning only while something happens', () => {
    const spinning = Object.entries(stateIcons).filter(([, { icon }]) => icon.endsWith('~spin'));
    expect(spinning.map(([state]) => state).sort()).toEqual([
      'evaluating',
      'running',
      'starting',
      'stopping',
    ]);
  });
});

describe('the order of runs', () => {
  const old = runOf({ id: 'a', createdAt: '2026-01-01T00:00:00.000Z', state: 'finished' });
  const pinnedOld = runOf({
    id: 'b',
    createdAt: '2025-01-01T00:00:00.000Z',
    state: 'finished',
    pinned: true,
  });
  const fresh = runOf({ id: 'c', createdAt: '2026-02-01T00:00:00.000Z', state: 'finished' });
  const alive = runOf({ id: 'd', createdAt: '2026-01-15T00:00:00.000Z' });

  it('puts pinned runs on top and newer ones first', () => {
    const ids = [old, fresh, alive, pinnedOld]
      .map((run) => run.summary)
      .sort(compareRuns)
      .map((run) => run.id);
    expect(ids).toEqual(['b', 'c', 'd', 'a']);
  });

  it('follows the newest alive run, else the newest', () => {
    expect(defaultRun([old, fresh, alive])).toBe(alive);
    expect(defaultRun([old, pinnedOld, fresh])).toBe(fresh);
    expect(defaultRun([])).toBeNull();
  });
});

describe('numbers for people', () => {
  it('writes percentages, points, durations and rates', () => {
    expect(formatPercent(0.4321)).toBe('43.2 %');
    expect(formatPercent(Number.NaN)).toBe('–');
    expect(formatPoints(-0.051)).toBe('−5.1');
    expect(formatPoints(0.00001)).toBe('±0.0');
    expect(formatDuration(59.4)).toBe('59 s');
    expect(formatDuration(59.6)).toBe('1 min 00 s');
    expect(formatDuration(3900)).toBe('1 h 05 min');
    expect(formatDuration(200_000)).toBe('2 d 7 h');
    expect(formatRate(0.4)).toBe('2.5 steps/s');
    expect(formatRate(null)).toBe('');
  });

  it('escapes so that Markdown cannot be started', () => {
    expect(escapeMarkdown('a\n\n- b')).toBe('a &#45; b');
    expect(escapeMarkdown('plain words 12')).toBe('plain words 12');
  });
});
