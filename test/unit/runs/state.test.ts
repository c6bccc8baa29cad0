import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { stopRun } from '../../../src/runs/control/stop.js';
import { shownState } from '../../../src/runs/facts/state.js';
import { createRunId } from '../../../src/runs/protocol/paths.js';
import { isProcessAlive, processStartTime } from '../../../src/runs/protocol/process.js';
import type { RunState } from '../../../src/runs/protocol/run-states.js';
import type { RunStatus } from '../../../src/runs/protocol/schema.js';
import { findRun, listRuns, updateManifest } from '../../../src/runs/read/list.js';
import { RunReader } from '../../../src/runs/read/reader.js';
import { hostElsewhere, isStatusProcessAlive } from '../../../src/runs/read/status-process.js';
import { scratch } from '../../scratch.js';

let root: string;
beforeAll(() => {
  root = scratch('state');
});

const now = Date.parse('2026-01-01T00:10:00Z');

function status(state: RunState, secondsAgo = 1): RunStatus {
  const heartbeat = new Date(now - secondsAgo * 1000).toISOString();
  return {
    schema: 1,
    state,
    pid: 1,
    processStart: 'x',
    heartbeat,
    startedAt: heartbeat,
    step: 3,
    totalSteps: 9,
    tokens: 0,
    secondsPerStep: null,
    evaluation: null,
    checkpointStep: null,
    error: null,
  };
}

test.each([
  ['alive and fresh', status('running'), true, false, 'running'],
  ['process gone', status('running'), false, false, 'lost'],
  ['heartbeat stale', status('evaluating', 60), true, false, 'lost'],
  ['stopped, exit not seen', status('stopped'), true, false, 'stopping'],
  ['stopped, exit seen', status('stopped', 9999), false, false, 'stopped'],
  ['failed', status('failed', 9999), false, false, 'failed'],
  ['resumed, no status of the new process yet', status('stopped', 99), false, true, 'starting'],
  ['never said anything', null, false, false, 'lost'],
] as const)('%s', (_name, given, statusProcessAlive, newerProcessAlive, expected) => {
  const createdAt = '2026-01-01T00:00:00Z';
  expect(shownState({ status: given, now, statusProcessAlive, newerProcessAlive, createdAt })).toBe(expected);
});

test('a process is known by its pid and start time together', () => {
  const own = processStartTime(process.pid)!;
  expect(own).not.toBeNull();
  expect(isProcessAlive(process.pid, own)).toBe(true);
  expect(isProcessAlive(process.pid, `${own}1`)).toBe(false);
  expect(isProcessAlive(2 ** 30, own)).toBe(false);
  expect(processStartTime(-1)).toBeNull();
});

function writeRun(id: string, extra: object = {}): string {
  const directory = join(root, 'runs', id);
  mkdirSync(directory, { recursive: true });
  const manifest = {
    schema: 1,
    id,
    name: 'n',
    createdAt: '2026-01-01T00:00:00Z',
    experiment: experimentSchema.parse({}),
    ...extra,
  };
  writeFileSync(join(directory, 'run.json'), JSON.stringify(manifest));
  return directory;
}

test('runs are listed, found by a part, edited without losing anything; bad ones have a reason', async () => {
  const alpha = writeRun('20260101-000000-alpha-0001', { schema: 2, later: [1] });
  writeRun('20260101-000000-beta-0002');
  mkdirSync(join(root, 'runs', 'damaged'));
  writeFileSync(join(root, 'runs', 'damaged', 'run.json'), '{');
  const runsRoot = join(root, 'runs');
  const { runs, unreadable } = await listRuns(runsRoot);
  expect(runs.map(({ summary }) => summary.id)).toEqual([
    '20260101-000000-alpha-0001',
    '20260101-000000-beta-0002',
  ]);
  expect(unreadable).toMatchObject([{ reason: expect.stringContaining('run.json is damaged') as string }]);
  expect(await findRun(runsRoot, 'alpha')).toBe(alpha);
  await expect(findRun(runsRoot, '000000')).rejects.toThrow(/matches 2 runs/);
  await expect(findRun(runsRoot, 'alhpa')).rejects.toMatchObject({
    hint: expect.stringContaining('alpha-0001') as string,
  });
  await updateManifest(alpha, { name: 'new', pinned: true });
  expect(JSON.parse(readFileSync(join(alpha, 'run.json'), 'utf8'))).toMatchObject({
    name: 'new',
    pinned: true,
    later: [1],
  });
  expect((await RunReader.open(alpha)).summary.notice).toContain('newer G2RL Lab (schema 2');
});

test('ids', () => {
  expect(createRunId('a b', new Date('2026-02-03T04:05:06.7Z'))).toMatch(/^20260203-040506-a-b-[0-9a-f]{4}$/);
});

test('a run that a script starts is stopped until someone does', () => {
  const evidence = { status: null, now, statusProcessAlive: false, newerProcessAlive: false };
  const createdAt = new Date(now).toISOString();
  expect(shownState({ ...evidence, createdAt })).toBe('starting');
  expect(shownState({ ...evidence, createdAt, waits: true })).toBe('stopped');
});

test('of a process on another machine the heartbeat tells', () => {
  const elsewhere: RunStatus = { ...status('running'), host: 'another-machine' };
  const fresh = { ...elsewhere, heartbeat: new Date().toISOString() };
  expect(isStatusProcessAlive(fresh)).toBe(true);
  expect(hostElsewhere(fresh)).toBe('another-machine');
  expect(hostElsewhere(elsewhere)).toBeNull();
  const ended = { ...fresh, state: 'finished' as const };
  expect(isStatusProcessAlive(ended)).toBe(false);
  expect(hostElsewhere(ended)).toBeNull();
  // This machine's are looked at.
  const here = {
    ...fresh,
    host: hostname(),
    pid: process.pid,
    processStart: 'another process of this number',
  };
  expect(isStatusProcessAlive(here)).toBe(false);
  expect(hostElsewhere(here)).toBeNull();
});

test('a stop reaches a run on another machine by its file alone', async () => {
  const directory = join(root, 'elsewhere');
  mkdirSync(join(directory, 'control'), { recursive: true });
  const write = (state: RunState) =>
    writeFileSync(
      join(directory, 'status.json'),
      JSON.stringify({ ...status(state), host: 'another-machine', heartbeat: new Date().toISOString() }),
    );
  write('running');
  const trainer = setInterval(() => {
    if (existsSync(join(directory, 'control', 'stop'))) write('stopped');
  }, 50);
  try {
    expect(await stopRun(directory)).toMatchObject({ how: 'request', status: { state: 'stopped' } });
  } finally {
    clearInterval(trainer);
  }
  write('running');
  await expect(stopRun(directory, { grace: { request: 100 } })).rejects.toThrow(/another-machine/);
});
