import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { startTrainer } from '../../../src/runs/control/launch.js';
import { stopRun } from '../../../src/runs/control/stop.js';
import { lastingWorker } from '../../../src/runs/control/working-process.js';
import { shownState } from '../../../src/runs/facts/state.js';
import { atomicWriteJson } from '../../../src/runs/protocol/files.js';
import { ownIdentity, type ProcessIdentity } from '../../../src/runs/protocol/identity.js';
import { readStatus } from '../../../src/runs/protocol/json.js';
import { createRunId } from '../../../src/runs/protocol/paths.js';
import { isProcessAlive, processStartTime } from '../../../src/runs/protocol/process.js';
import type { RunState } from '../../../src/runs/protocol/run-states.js';
import type { RunStatus } from '../../../src/runs/protocol/schema.js';
import { findRun, listRuns, updateManifest } from '../../../src/runs/read/list.js';
import { RunReader } from '../../../src/runs/read/reader.js';
import { SignsOfLife } from '../../../src/runs/read/signs-of-life.js';
import { workerOf } from '../../../src/runs/read/worker.js';
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
  ['clocks apart, or a heartbeat that comes late', status('evaluating', 600), true, false, 'evaluating'],
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
  const alpha = writeRun('20260101-000000-alpha-0001', { schema: 3, later: [1] });
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
  expect((await RunReader.open(alpha)).summary.notice).toContain('newer G2RL Lab (schema 3');
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

const other: ProcessIdentity = { pid: process.pid, processStart: 'x', host: hostname(), pidScope: 'another' };

test('who works on a run is looked at where its pid means something; elsewhere what it writes counts', () => {
  const own = ownIdentity();
  const here = { ...status('running', 9999), ...own };
  expect(workerOf(here, null)).toMatchObject({ where: 'here', process: { pid: process.pid } });
  // The lock names a process that is gone, or nobody: the one in the status works.
  expect(workerOf(here, { ...own, processStart: 'gone' })).toMatchObject({ where: 'here' });
  expect(workerOf({ ...here, processStart: 'gone' }, null)).toEqual({ where: 'nowhere' });
  const elsewhere = { ...status('running', 9999), ...other };
  const first = workerOf(elsewhere, null);
  expect(first).toMatchObject({ where: 'elsewhere', process: { pidScope: 'another' } });
  expect(workerOf({ ...elsewhere, heartbeat: 'later' }, null)).not.toEqual(first);
  expect(workerOf({ ...elsewhere, state: 'stopped' }, null)).toEqual({ where: 'nowhere' });
  // It keeps the lock after its last word; a launcher that has not written yet has not said any.
  expect(workerOf({ ...elsewhere, state: 'stopped' }, other)).toEqual({ where: 'nowhere' });
  const launcher = { ...other, pid: other.pid + 1 };
  expect(workerOf({ ...elsewhere, state: 'stopped' }, launcher)).toMatchObject({ process: launcher });
  expect(workerOf(null, launcher)).toMatchObject({ where: 'elsewhere' });
});

describe('signs of life of a process that cannot be seen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Looks every two seconds. Returns the seconds after which it was lost; null if it never was. */
  function lostAfter(seconds: number, sign: (second: number) => string, clock = 0): number | null {
    const signs = new SignsOfLife();
    for (let second = 0; second <= seconds; second += 2) {
      const heartbeat = new Date(Date.now() + clock * 1000).toISOString();
      if (!signs.look(sign(second), heartbeat)) return second;
      vi.advanceTimersByTime(2000);
    }
    return null;
  }

  test.each([0, 600, -600, 86_400 * 30])('it lives as long as they change, clocks %d s apart', (clock) => {
    expect(lostAfter(600, String, clock)).toBeNull();
  });

  test('a network drive may show them a minute late', () => {
    expect(lostAfter(600, (second) => String(Math.floor(second / 62)), -600)).toBeNull();
  });

  test('it is lost when nothing has changed for long, an old one soon', () => {
    expect(lostAfter(600, () => 'same')).toBe(72);
    expect(lostAfter(600, () => 'same', 600)).toBe(72);
    expect(lostAfter(600, () => 'same', -86_400)).toBe(6);
    expect(lostAfter(600, (second) => String(Math.min(second, 100)), -86_400)).toBe(172);
  });

  test('who was asleep has not seen that nothing changed', () => {
    const signs = new SignsOfLife();
    const heartbeat = new Date().toISOString();
    expect(signs.look('same', heartbeat)).toBe(true);
    vi.advanceTimersByTime(3_600_000);
    expect(signs.look('same', heartbeat)).toBe(true);
  });

  test('one that is lost is looked at seldom, and stays so until something comes', () => {
    const signs = new SignsOfLife();
    const heartbeat = new Date().toISOString();
    for (let second = 0; second < 80; second++) {
      signs.look('same', heartbeat);
      vi.advanceTimersByTime(1000);
    }
    for (const sign of ['same', 'same', 'same']) {
      vi.advanceTimersByTime(100_000);
      expect(signs.look(sign, heartbeat)).toBe(false);
    }
    expect(signs.look('another', heartbeat)).toBe(true);
  });
});

/** A run whose status another process writes, with clocks ten minutes apart, until it is asked to stop. */
function elsewhereRun(name: string, { obeys = true, lives = true } = {}) {
  const directory = writeRun(name);
  mkdirSync(join(directory, 'control'), { recursive: true });
  const request = join(directory, 'control', 'stop');
  let beat = 0;
  const write = (state: RunState) => {
    const heartbeat = new Date(Date.now() - 600_000 + beat++).toISOString();
    atomicWriteJson(join(directory, 'status.json'), { ...status(state), ...other, heartbeat });
  };
  write('running');
  const trainer = setInterval(() => {
    if (obeys && existsSync(request)) {
      write('stopped');
      clearInterval(trainer);
    } else if (lives) write('running');
  }, 50);
  return { directory, end: () => clearInterval(trainer) };
}

const trainerPath = import.meta.filename;

test('a stop reaches a run elsewhere by its file, and says what it waits for', async () => {
  const { directory, end } = elsewhereRun('obeys');
  try {
    const said: string[] = [];
    const onWait = (text: string) => said.push(text);
    expect(await stopRun(directory, { onWait })).toMatchObject({
      how: 'request',
      status: { state: 'stopped' },
    });
    expect(said.join()).toContain(hostname());
  } finally {
    end();
  }
});

test('a run that lives elsewhere is never recorded as stopped, nor started a second time', async () => {
  const { directory, end } = elsewhereRun('lives', { obeys: false });
  try {
    await expect(stopRun(directory, { grace: { request: 600 }, silence: 500 })).rejects.toThrow(
      'has not stopped yet',
    );
    const said: string[] = [];
    const onWait = (text: string) => said.push(text);
    await expect(startTrainer(directory, { trainerPath, onWait })).rejects.toThrow(
      'works on this run already',
    );
    expect(said.join()).toMatch(/waiting up to 70 s for its heartbeat/);
    expect((await readStatus(directory))?.state).toBe('running');
    const [listed] = (await listRuns(join(directory, '..'))).runs.filter(
      (run) => run.directory === directory,
    );
    expect(listed?.summary.state).toBe('running');
  } finally {
    end();
  }
});

test('a run whose process elsewhere is silent for long is nobody’s', async () => {
  const { directory } = elsewhereRun('silent', { lives: false, obeys: false });
  const outcome = await stopRun(directory, { silence: 300 });
  expect(outcome).toMatchObject({ how: 'none', status: { state: 'stopped' } });
  expect(await lastingWorker(directory, undefined, 300)).toEqual({ worker: null, silent: null });
});
