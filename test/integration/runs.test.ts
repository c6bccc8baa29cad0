import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { LaunchError, startTrainer } from '../../src/runs/control/launch.js';
import { stopRun } from '../../src/runs/control/stop.js';
import { livingOwner } from '../../src/runs/protocol/lock.js';
import { isProcessAlive, processStartTime } from '../../src/runs/protocol/process.js';
import { runSchema, statusSchema } from '../../src/runs/protocol/schema.js';
import type { RunDelta } from '../../src/runs/read/reader.js';
import { RunWatcher } from '../../src/runs/read/watch.js';
import { RunsWatcher } from '../../src/runs/read/watch-all.js';
import { stepMetrics } from '../unit/runs/records.js';
import { type Fixture, makeFixture, makeRun } from './runs-fixture.js';

let fixture: Fixture;
const started: { pid: number; processStart: string }[] = [];

beforeAll(async () => {
  fixture = await makeFixture();
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const { pid, processStart } of started.splice(0)) {
    if (isProcessAlive(pid, processStart)) process.kill(pid, 'SIGKILL');
  }
});

async function start(directory: string) {
  const identity = await startTrainer(directory, fixture);
  started.push(identity);
  return identity;
}

async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > end) throw new Error('the condition did not come true');
    await sleep(10);
  }
}

test('a run is created, trained, watched and finished', async () => {
  const { directory, id } = await makeRun(fixture, 6);
  const manifest = runSchema.parse(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')));
  expect(manifest.id).toBe(id);
  // SHA-256 of the two bytes "{}".
  expect(manifest.policyChecksum).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const identity = await start(directory);
  const run = await RunWatcher.open(directory);
  const deltas: RunDelta[] = [];
  run.onChange((delta) => deltas.push(delta));
  await run.start();
  await until(() => run.summary.state === 'finished');
  expect([...((await run.series()).column('step') ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(run.benchmarks.map(({ step }) => step)).toEqual([0, 6]);
  expect((await run.groups(4)).map(({ group }) => group)).toEqual([0, 1]);
  expect(run.groupSteps).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(deltas.map(({ kind }) => kind))).toContain('summary');
  expect(readFileSync(join(directory, 'log.txt'), 'utf8')).toContain('writer: started');
  statusSchema.parse(run.summary.status);
  await until(() => !isProcessAlive(identity.pid, identity.processStart));
  await run.dispose();
});

test('of two starts at once one wins, and a lock of a dead process is taken over', async () => {
  const { directory } = await makeRun(fixture, 1000);
  const results = await Promise.allSettled([start(directory), start(directory)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = results.find((result) => result.status === 'rejected');
  expect(refused?.reason).toBeInstanceOf(LaunchError);
  expect(String(refused?.reason)).toMatch(/Process \d+ works on this run already/);
  const { pid, processStart } = livingOwner(directory)!;
  process.kill(pid, 'SIGKILL');
  await until(() => !isProcessAlive(pid, processStart));
  const next = await start(directory);
  expect(livingOwner(directory)).toEqual(next);
  expect((await stopRun(directory)).how).toBe('request');
});

test('a stop is asked for first and recorded when the process is gone', async () => {
  const { directory } = await makeRun(fixture, 1000);
  const { pid, processStart } = await start(directory);
  const stages: string[] = [];
  const { how, status } = await stopRun(directory, { onStage: (stage) => stages.push(stage) });
  expect(how).toBe('request');
  expect(stages).toEqual(['request']);
  expect(isProcessAlive(pid, processStart)).toBe(false);
  expect(status?.state).toBe('stopped');
  expect(existsSync(join(directory, 'control', 'stop'))).toBe(false);
  expect((await stopRun(directory)).how).toBe('none');
});

test('a stop that finds the launcher reaches the trainer that it hands the run to', async () => {
  const { directory } = await makeRun(fixture, 1000);
  const request = join(directory, 'control', 'stop');
  const processThat = (program: string) => {
    const pid = spawn(process.execPath, ['-e', program], { stdio: 'ignore' }).pid!;
    const identity = { pid, processStart: processStartTime(pid)! };
    started.push(identity);
    return identity;
  };
  const handTo = (owner: object) =>
    writeFileSync(join(directory, 'control', 'launch.lock'), JSON.stringify(owner));
  const launcher = processThat('setInterval(() => {}, 1000)');
  handTo(launcher);
  const stopping = stopRun(directory);
  await until(() => existsSync(request));
  // As a launcher does: an old request must not stop the new process.
  rmSync(request);
  const trainer = processThat(
    `setInterval(() => require('fs').existsSync(${JSON.stringify(request)}) && process.exit(), 10)`,
  );
  handTo(trainer);
  process.kill(launcher.pid, 'SIGKILL');
  expect(await stopping).toMatchObject({ how: 'request' });
  expect(isProcessAlive(trainer.pid, trainer.processStart)).toBe(false);
});

test('a process that is deaf to all but SIGKILL is killed, and the run says stopped', async () => {
  vi.stubEnv('TEST_IGNORE', '1');
  const { directory } = await makeRun(fixture, 1000);
  const { pid, processStart } = await start(directory);
  await until(() => existsSync(join(directory, 'metrics.jsonl')));
  const grace = { request: 100, SIGINT: 100, SIGTERM: 100 };
  const stages: string[] = [];
  const outcome = await stopRun(directory, { grace, onStage: (stage) => stages.push(stage) });
  expect(stages).toEqual(['request', 'SIGINT', 'SIGTERM', 'SIGKILL']);
  expect(outcome.how).toBe('SIGKILL');
  expect(outcome.status?.state).toBe('stopped');
  expect(isProcessAlive(pid, processStart)).toBe(false);
});

test('a killed trainer is shown as lost while watched, and resumes', async () => {
  const { directory } = await makeRun(fixture, 1000);
  const { pid } = await start(directory);
  const run = await RunWatcher.open(directory);
  await run.start();
  await until(() => (run.newest?.step ?? 0) > 2);
  await expect(startTrainer(directory, fixture)).rejects.toThrow(LaunchError);
  process.kill(pid, 'SIGKILL');
  await until(() => run.summary.state === 'lost');
  started.push(await startTrainer(directory, fixture));
  await until(() => run.summary.state === 'running');
  await stopRun(directory);
  await until(() => run.summary.state === 'stopped');
  await run.dispose();
});

test('runs come and go under a root that is not there yet', async () => {
  const runsDirectory = join(fixture.root, 'later', 'runs');
  const watcher = new RunsWatcher(runsDirectory);
  const kinds: string[] = [];
  watcher.onChange(({ kind }) => kinds.push(kind));
  await watcher.start();
  expect(watcher.runs()).toEqual([]);
  const { directory } = await makeRun({ ...fixture, runsDirectory }, 1000);
  await until(() => watcher.run(directory) !== undefined);
  await start(directory);
  const run = watcher.run(directory)!;
  await run.series();
  await until(() => run.columns.length > 2);
  await stopRun(directory);
  const kept = run.columns.length;
  rmSync(directory, { recursive: true });
  await until(() => watcher.runs().length === 0);
  expect(kinds).toContain('removed');
  expect(run.deleted).toBe(true);
  expect(run.columns.length).toBeGreaterThanOrEqual(kept);
  await watcher.dispose();
});

test('every appended line reaches listeners once, soon, also in bursts', async () => {
  const { directory } = await makeRun(fixture, 1000);
  const run = await RunWatcher.open(directory);
  await run.series();
  await run.start();
  const delays: number[] = [];
  const written = new Map<number, number>();
  run.onChange((delta) => {
    if (delta.kind !== 'metrics') return;
    for (const step of delta.steps) delays.push(performance.now() - written.get(step)!);
  });
  for (let step = 1; step <= 60; step++) {
    written.set(step, performance.now());
    appendFileSync(join(directory, 'metrics.jsonl'), `${JSON.stringify(stepMetrics(step))}\n`);
    await sleep(90);
  }
  for (let step = 61; step <= 70; step++) {
    written.set(step, performance.now());
    appendFileSync(join(directory, 'metrics.jsonl'), `${JSON.stringify(stepMetrics(step))}\n`);
    await sleep(7);
  }
  await until(() => delays.length === 70, 1000);
  const spaced = delays.slice(0, 60).sort((a, b) => a - b);
  const p95 = spaced[Math.floor(spaced.length * 0.95)]!;
  process.stdout.write(`line to event: median ${spaced[30]!.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`);
  // Far above what it takes (see the bench), far below what polling would.
  expect(p95).toBeLessThan(500);
  await run.dispose();
});

test('a runs folder that cannot be written is named with the remedy', async () => {
  const file = join(fixture.root, 'package.json');
  await expect(makeRun({ ...fixture, runsDirectory: join(file, 'runs') }, 5)).rejects.toMatchObject({
    name: 'RunFileError',
    message: expect.stringContaining(file) as string,
    hint: expect.stringContaining('another runs directory') as string,
  });
  expect(statSync(file).isFile()).toBe(true);
});
