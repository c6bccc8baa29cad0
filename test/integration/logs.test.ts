/** `g2rl import`: logs of other programs as runs, once and while they grow. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { scalarsEvent } from '../../src/tensorboard/event.js';
import { frame } from '../../src/tensorboard/records.js';
import { scratch } from '../scratch.js';
import { type Fixture, makeFixture } from './runs-fixture.js';

const logs = resolve('test/fixtures/logs');
const children: ChildProcess[] = [];
let fixture: Fixture;

beforeAll(async () => {
  fixture = await makeFixture();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(parameters: readonly string[], cwd: string): ChildProcess {
  const child = spawn(process.execPath, ['--no-warnings', fixture.cliPath, ...parameters], { cwd });
  children.push(child);
  return child;
}

async function g2rl(parameters: readonly string[], cwd: string) {
  const child = start(parameters, cwd);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout?.on('data', (data: Buffer) => stdout.push(data.toString()));
  child.stderr?.on('data', (data: Buffer) => stderr.push(data.toString()));
  const code = await new Promise<number | null>((end) => child.once('close', end));
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** The values of a series, as `g2rl query` says them. */
async function series(cwd: string, run: string, metric: string): Promise<unknown> {
  const { stdout } = await g2rl(['query', 'series', run, metric, '--json'], cwd);
  return (JSON.parse(stdout) as { series: Record<string, unknown> }).series[metric];
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    const found = await look();
    if (found !== null) return found;
    await sleep(200);
  }
  throw new Error(`${what} did not happen.`);
}

test('logs become runs that runs, query and export answer about', async () => {
  const folder = scratch('import');
  const { code, stdout } = await g2rl(['import', join(logs, 'trl'), join(logs, 'trackio'), '--json'], folder);
  expect(code).toBe(0);
  const { runs } = JSON.parse(stdout) as { runs: { name: string; step: number; format: string }[] };
  expect(runs.map(({ name, step, format }) => [name, step, format])).toEqual([
    ['trl', 6, 'trl'],
    ['count to eight', 3, 'trackio'],
    ['count to seven', 3, 'trackio'],
  ]);
  const listed = await g2rl(['runs'], folder);
  expect(listed.stdout).toMatch(/-trl-[0-9a-f]{8} +imported +6\/6/);
  expect(await series(folder, 'seven', 'kl')).toEqual([
    [1, 0.001],
    [2, 0.002],
    [3, 0.003],
  ]);
  const found = await g2rl(['query', 'responses', 'trl', '1655', '--json'], folder);
  expect(JSON.parse(found.stdout)).toMatchObject({ found: [{ step: 6, group: 0, response: 0 }] });
  const exported = await g2rl(['export', 'trl', '--output', 'tables'], folder);
  expect(exported.code).toBe(0);
  expect(readdirSync(join(folder, 'tables')).length).toBeGreaterThan(1);
});

test('results of lm-evaluation-harness are scores of their model', async () => {
  const folder = scratch('import');
  const results = resolve('test/fixtures/lm-evaluation-harness');
  const { code } = await g2rl(['import', results], folder);
  expect(code).toBe(0);
  expect((await g2rl(['runs'], folder)).stdout).toContain('countdown_local');
});

test('what cannot be done with an imported run is refused with what can be', async () => {
  const folder = scratch('import');
  await g2rl(['import', join(logs, 'verl')], folder);
  for (const command of [['resume'], ['stop'], ['again'], ['settings']]) {
    const { code, stderr } = await g2rl([...command, 'verl'], folder);
    expect([command[0], code]).toEqual([command[0], 1]);
    expect(stderr).toContain(
      `This run was imported from ${join(logs, 'verl')}: G2RL Lab has not trained it.`,
    );
  }
});

test('--follow goes on with what is added, also after it was killed, and nothing is there twice', async () => {
  const folder = scratch('import');
  const log = join(folder, 'board');
  const file = join(log, 'events.out.tfevents.1700000000.machine');
  const event = (step: number) => frame(scalarsEvent(step, 1.7e9 + step, { 'train/reward': step / 8 }));
  cpSync(join(logs, 'tensorboard'), log, { recursive: true });
  for (const name of readdirSync(log)) writeFileSync(join(log, name), '');
  writeFileSync(file, event(1));
  const follow = ['import', log, '--follow'];
  const first = start(follow, folder);
  const [run = ''] = await until('The first step', async () => {
    const names = readdirSync(folder).includes('.g2rl') ? readdirSync(join(folder, '.g2rl', 'runs')) : [];
    return names.length > 0 ? names : null;
  });
  const metrics = join(folder, '.g2rl', 'runs', run, 'metrics.jsonl');
  const steps = () =>
    readFileSync(metrics, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { step: number }).step);
  const reached = (step: number) =>
    until(`Step ${step}`, async () => {
      try {
        return steps().at(-1) === step ? step : null;
      } catch {
        return null;
      }
    });
  await reached(1);
  // A record that is cut off, then its rest.
  const second = event(2);
  appendFileSync(file, second.subarray(0, 20));
  await sleep(1500);
  appendFileSync(file, second.subarray(20));
  await reached(2);
  first.kill('SIGKILL');
  appendFileSync(file, event(3));
  const again = start(follow, folder);
  await reached(3);
  // Another terminal leaves it to that one.
  const other = await g2rl(['import', log], folder);
  expect(other.stdout).toContain('followed by another process');
  appendFileSync(file, event(4));
  await reached(4);
  again.kill('SIGINT');
  expect(await new Promise((end) => again.once('close', end))).toBe(0);
  expect(steps()).toEqual([1, 2, 3, 4]);
  expect(await series(folder, 'board', 'reward')).toHaveLength(4);
});

test('bad input names file and line, and what to do', async () => {
  const folder = scratch('import');
  writeFileSync(join(folder, 'ticks.jsonl'), '{"tick": 1, "loss": 2}\n{"tick": 2, "loss": 1}\nbroken\n');
  const unmapped = await g2rl(['import', 'ticks.jsonl'], folder);
  expect(unmapped.code).toBe(1);
  expect(unmapped.stderr).toContain('--map step=tick');
  expect((await g2rl(['runs'], folder)).stdout).toContain('No run in');
  const mapped = await g2rl(['import', 'ticks.jsonl', '--map', 'step=tick'], folder);
  expect(mapped.code).toBe(0);
  expect(mapped.stdout).toContain('ticks.jsonl, line 3: not valid JSON');
  // What was said of the columns is remembered.
  appendFileSync(join(folder, 'ticks.jsonl'), '{"tick": 3, "loss": 0.5}\n');
  expect((await g2rl(['import', 'ticks.jsonl'], folder)).code).toBe(0);
  expect(await series(folder, 'ticks', 'loss')).toHaveLength(3);
});

test('a log that cannot be read does not keep the others back, and is what the command ends with', async () => {
  const folder = scratch('import');
  writeFileSync(join(folder, 'broken.jsonl'), 'nothing\n');
  writeFileSync(join(folder, 'good.jsonl'), '{"step": 1, "loss": 2}\n');
  const paths = [join(folder, 'missing'), 'broken.jsonl', 'good.jsonl'];
  const { code, stdout, stderr } = await g2rl(['import', ...paths], folder);
  expect(code).toBe(1);
  expect(stdout).toMatch(/-good-\w+ +table +1\n/);
  expect(stderr).toContain('missing cannot be read (ENOENT');
  expect(stderr).toContain('broken.jsonl, line 1: not valid JSON');
  expect((await g2rl(['runs'], folder)).stdout).not.toContain('broken');
});
