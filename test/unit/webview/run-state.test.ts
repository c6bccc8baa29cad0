import { render } from 'svelte/server';
import { beforeEach, expect, test, vi } from 'vitest';
import { type HostMessage, MESSAGE_PROTOCOL, type WebviewMessage } from '../../../src/contract/messages.js';
import { rangesOf } from '../../../src/runs/facts/merge.js';
import { benchmarkRecord, groupRecord } from '../runs/records.js';
import { metricsLine, type RunOptions, runOf, statusOf } from '../views/fixtures.js';

const sent: WebviewMessage[] = [];
vi.stubGlobal('acquireVsCodeApi', () => ({ postMessage: (message: WebviewMessage) => sent.push(message) }));
vi.stubGlobal('requestAnimationFrame', () => 0);
const { RunState } = await import('../../../webview/src/lib/run.svelte.js');
const { default: Header } = await import('../../../webview/src/components/Header.svelte');
const { Selection } = await import('../../../webview/src/lib/selection.svelte.js');

beforeEach(() => {
  sent.length = 0;
});

function snapshot(options: RunOptions = {}, groupSteps: number[] = [1, 2]): HostMessage {
  const { summary, newest, benchmarks } = runOf({ steps: 2, ...options });
  return {
    type: 'snapshot',
    protocol: MESSAGE_PROTOCOL,
    run: summary,
    series: { version: 2, newest, names: ['step', 'reward'] },
    benchmarks,
    groupSteps: rangesOf(groupSteps),
    trusted: true,
  };
}

function open(groupSteps?: number[]) {
  const run = new RunState();
  run.receive(snapshot({}, groupSteps));
  return { run, selection: new Selection(run, null) };
}

/** Ids of the questions asked so far. */
const asked = () => sent.flatMap((message) => (message.type === 'ask' ? [message.id] : []));

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

test('groups that cannot be read say why, and are asked for again when they are needed again', async () => {
  const { run, selection } = open();
  expect(selection.missing).toBe('Reading the groups of this step…');
  run.groups.need(2);
  run.groups.need(2);
  expect(sent).toEqual([{ type: 'ask', id: 0, name: 'groups', args: { step: 2 } }]);
  const error = { message: 'groups.jsonl cannot be read (EACCES).', hint: 'Change the permissions.' };
  run.receive({ type: 'failure', id: 0, error });
  await settled();
  expect(selection.groups).toEqual([]);
  expect(selection.missing).toBe('groups.jsonl cannot be read (EACCES). Change the permissions.');
  run.groups.need(2);
  run.receive({ type: 'answer', id: 1, answer: [groupRecord(2, 0)] });
  await settled();
  expect(selection.groups).toHaveLength(1);
});

test('the newest groups that came stay while newer ones are on their way; a step without any says so', async () => {
  const { run, selection } = open();
  run.groups.need(2);
  run.receive({ type: 'answer', id: 0, answer: [groupRecord(2, 0)] });
  await settled();
  run.receive({ type: 'groupSteps', steps: rangesOf([3]) });
  expect([selection.step, selection.groups[0]?.step]).toEqual([3, 2]);
  run.groups.need(3);
  run.receive({ type: 'answer', id: 1, answer: [] });
  await settled();
  expect(selection.groups).toEqual([]);
  expect(selection.missing).toMatch(/no longer in the file/);
  expect(open([]).selection.missing).toMatch(/No groups yet/);
});

test('a step that is sampled again is asked for again, and only the newer answer counts', async () => {
  const { run, selection } = open();
  run.groups.need(2);
  run.receive({ type: 'groupSteps', steps: rangesOf([2]) });
  run.groups.need(2);
  run.receive({ type: 'answer', id: 0, answer: [groupRecord(2, 0, ['old', 'old'])] });
  await settled();
  expect(selection.groups).toEqual([]);
  expect(asked()).toEqual([0, 1]);
  run.receive({ type: 'answer', id: 1, answer: [groupRecord(2, 0, ['new', 'new'])] });
  await settled();
  expect(selection.groups[0]?.answers).toEqual(['new', 'new']);
});

test('a host that answers more slowly than steps end is asked for the newest only, one question at a time', async () => {
  const { run, selection } = open([1]);
  run.groups.need(1);
  for (let step = 2; step <= 50; step++) {
    run.receive({ type: 'groupSteps', steps: rangesOf([step]) });
    run.groups.need(step);
  }
  expect(asked()).toEqual([0]);
  run.receive({ type: 'answer', id: 0, answer: [groupRecord(1, 0)] });
  await settled();
  // What has come is shown until the newest has.
  expect(selection.groups[0]?.step).toBe(1);
  expect(sent.at(-1)).toEqual({ type: 'ask', id: 1, name: 'groups', args: { step: 50 } });
  run.receive({ type: 'answer', id: 1, answer: [groupRecord(50, 0)] });
  await settled();
  expect([asked(), selection.groups[0]?.step]).toEqual([[0, 1], 50]);
});

test('what a host that began from the start never answers keeps nothing from being asked', async () => {
  const { run, selection } = open();
  run.groups.need(2);
  run.receive(snapshot());
  run.groups.need(2);
  expect(asked()).toEqual([0, 1]);
  run.receive({ type: 'answer', id: 1, answer: [groupRecord(2, 0)] });
  await settled();
  expect(selection.groups[0]?.step).toBe(2);
});

test('what was asked of one run is not shown with another', async () => {
  const { run, selection } = open();
  run.groups.need(2);
  const question = run.ask('otherRuns', {});
  run.receive(snapshot({ id: 'another' }));
  await expect(question).rejects.toThrow('This view shows another run now.');
  run.receive({ type: 'answer', id: 0, answer: [groupRecord(2, 0)] });
  await settled();
  expect(selection.groups).toEqual([]);
  run.receive({ type: 'none' });
  expect([run.summary, run.series.newest, run.series.names, run.loaded]).toEqual([null, null, [], true]);
});

test('a snapshot of the same run leaves its open questions open', async () => {
  const { run } = open();
  const question = run.ask('otherRuns', {});
  run.receive(snapshot());
  run.receive({ type: 'answer', id: 0, answer: [] });
  expect(await question).toEqual([]);
});

test('a host that is silent is taken for gone; when it is heard again it is asked for everything', () => {
  const { run } = open();
  const readies = () => sent.filter((message) => (message as { type: string }).type === 'ready').length;
  const before = readies();
  for (let second = 0; second < 6; second++) run.tick();
  run.receive({ type: 'beat' });
  for (let second = 0; second < 6; second++) run.tick();
  expect([run.connected, readies() - before]).toEqual([true, 0]);
  run.tick();
  expect(run.connected).toBe(false);
  for (let second = 0; second < 3; second++) run.tick();
  expect(readies() - before).toBe(1);
  run.receive({ type: 'beat' });
  expect([run.connected, readies() - before]).toEqual([true, 2]);
  run.receive({ type: 'deleted' });
  expect(run.deleted).toBe(true);
  run.receive(snapshot());
  expect(run.deleted).toBe(false);
});

test('series and summary grow by what changes', () => {
  const { run } = open();
  const { manifest } = run.summary!;
  const status = statusOf({ step: 3 });
  run.receive({ type: 'run', changes: { status } });
  expect(run.summary).toMatchObject({ status, name: 'countdown' });
  expect(run.summary!.manifest).toBe(manifest);
  run.receive({ type: 'metrics', metrics: [{ step: 3, reward: 0.7, late: 1 }], version: 3 });
  expect(run.series).toMatchObject({ version: 3, base: 2, names: ['step', 'reward', 'late'] });
  expect([run.series.newest?.step, run.series.added.map(({ reward }) => reward)]).toEqual([3, [0.7]]);
  const facts = { version: 5, newest: metricsLine(3), names: ['step', 'reward'] };
  run.receive({ type: 'series', series: facts });
  expect(run.series).toMatchObject({ ...facts, base: 5, added: [] });
  run.receive({ type: 'benchmarks', benchmarks: [benchmarkRecord(25, 0.9)] });
  expect(run.benchmarks.map(({ pass_at_1 }) => pass_at_1)).toEqual([0.4, 0.9]);
  run.receive({ type: 'groupSteps', steps: rangesOf([2, 3]) });
  expect(run.groupSteps).toEqual([1, 2, 3]);
});

test('a run that was lost in its last evaluation can be resumed in the dashboard', () => {
  const lost = (options: RunOptions) => {
    const run = new RunState();
    run.receive(snapshot({ state: 'lost', ...options }));
    return render(Header, { props: { run } }).body;
  };
  expect(lost({ status: { state: 'evaluating', step: 200, totalSteps: 200 } })).toContain(
    'data-testid="resume"',
  );
  expect(lost({ state: 'finished', status: { state: 'finished', step: 200 } })).not.toContain('resume');
  // A trainer that still loads does not know how many steps there are.
  expect(lost({ status: { step: 0, totalSteps: 0 } })).toMatch(/step <b>0<\/b> of 200/);
});
