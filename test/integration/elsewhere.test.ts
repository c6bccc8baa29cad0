/**
 * A run that trains in a container, as another machine with another clock does: namespaces of its own for pids and the
 * host name, and a wrong time. Whoever looks from outside sees no process of it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, type TestContext, test } from 'vitest';
import { sightOf } from '../../src/runs/protocol/identity.js';
import { scratch } from '../scratch.js';
import { hit, processesIn, trainersIn } from '../torture/processes.js';
import { yieldToOthers } from '../yield-to-others.js';
import { readStatus, until, writeTinyPolicy } from './trainer.js';

const cli = resolve('dist/cli.cjs');
const ownNamespaces = ['--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts'];
const unshare = ['unshare', ownNamespaces] as const;
const wrongClock = ['faketime', ['-f', '+1m', 'true']] as const;
const mayUnshare = spawnSync(unshare[0], [...unshare[1], 'true']).status === 0;
const hasClock = spawnSync(...wrongClock).status === 0;

/** A container around a command that keeps what the command leaves alive. */
function container(host: string, clock: string, ...command: string[]): ChildProcess {
  const script = `hostname "$0"; ${clock === '' ? '' : `faketime -f ${clock} `}"$@"; exec sleep 600`;
  return spawn(unshare[0], [...unshare[1], 'sh', '-c', script, host, ...command], { stdio: 'ignore' });
}

function g2rl(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...parameters], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

let folder: string;
const containers: ChildProcess[] = [];
afterEach(() => {
  for (const child of containers.splice(0)) child.kill('SIGKILL');
  for (const found of processesIn(folder)) hit(found, 'SIGKILL');
});

/** Starts a run of many steps in a container. Returns its folder once it trains. */
async function trainElsewhere(host: string, clock: string): Promise<string> {
  folder = scratch('elsewhere');
  mkdirSync(join(folder, 'runs'));
  const experiment = {
    name: 'far',
    policy: writeTinyPolicy(join(folder, 'policy')),
    device: 'cpu',
    threads: 1,
    rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8 },
    optimization: { steps: 100_000 },
    evaluation: { every: 0, benchmarks: [{ samples: 1, limit: 1 }] },
    checkpoints: { every: 100_000 },
  };
  const file = join(folder, 'far.g2rl.json');
  writeFileSync(file, JSON.stringify(experiment));
  const train = [process.execPath, cli, 'train', file, '--runs', join(folder, 'runs'), '--detach'];
  containers.push(container(host, clock, ...train));
  const directory = () => readdirSync(join(folder, 'runs')).map((name) => join(folder, 'runs', name))[0];
  await until(() => (readStatus(directory() ?? folder)?.step ?? 0) > 0);
  for (const { pid } of trainersIn(folder)) yieldToOthers(pid);
  return directory()!;
}

/** Whether a process is the command that resumes, and not the shell around it. */
const isResume = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === cli;
  } catch {
    return false;
  }
};

const shownState = (directory: string): string => {
  const { stdout } = g2rl('runs', '--json', '--runs', join(directory, '..'));
  return (JSON.parse(stdout) as { runs: { state: string }[] }).runs[0]!.state;
};

function requireTools({ skip }: TestContext, clock: string): void {
  skip(!mayUnshare, 'this user may not make namespaces (unshare)');
  skip(clock !== '' && !hasClock, 'faketime is not installed');
}

test.for([
  ['with the name of this host', hostname(), ''],
  ['on another machine', 'node-7', ''],
  ['with a clock ten minutes ahead', hostname(), '+10m'],
  ['on another machine ten minutes behind', 'node-7', '-10m'],
  ['on another machine two days behind', 'node-7', '-2d'],
] as const)('a run in a container %s is seen, left alone and stopped', async ([, host, clock], context) => {
  requireTools(context, clock);
  const directory = await trainElsewhere(host, clock);
  expect(sightOf(readStatus(directory)!)).toBe('elsewhere');
  expect(shownState(directory)).toBe('running');
  const resumed = g2rl('resume', directory, '--detach');
  expect(resumed.stderr).toMatch(/A process on .* works on this run already/);
  expect(resumed.status).toBe(1);
  expect(trainersIn(folder)).toHaveLength(1);
  const stopped = g2rl('stop', directory);
  expect(stopped.stdout).toMatch(/^stopped at step \d+/);
  const { state, step, checkpointStep } = readStatus(directory)!;
  expect([state, checkpointStep]).toEqual(['stopped', step]);
  // It had the last word, and its lock means nothing any more.
  expect(g2rl('resume', directory, '--detach').status).toBe(0);
  await until(() => sightOf(readStatus(directory)!) === 'alive');
  expect(g2rl('stop', directory, '--now').status).toBe(0);
});

test('of resumes in two containers one trains, and a run whose container is gone goes on outside', async (context) => {
  requireTools(context, '');
  const directory = await trainElsewhere(hostname(), '');
  expect(g2rl('stop', directory).status).toBe(0);
  const before = readStatus(directory)!.startedAt;
  const resume = [process.execPath, cli, 'resume', directory, '--detach'];
  containers.push(container('node-1', '', ...resume), container('node-2', '', ...resume));
  await until(() => {
    const status = readStatus(directory);
    return status?.startedAt !== before && status?.state === 'running';
  });
  // The other one waits for a heartbeat, and is refused.
  await until(() => processesIn(folder).every(({ pid }) => !isResume(pid)));
  expect(trainersIn(folder)).toHaveLength(1);
  for (const child of containers) child.kill('SIGKILL');
  await until(() => processesIn(folder).length === 0);
  const resumed = g2rl('resume', directory, '--detach');
  expect(resumed.stderr).toMatch(/waiting up to 70 s for its heartbeat/);
  expect(resumed.status).toBe(0);
  await until(() => sightOf(readStatus(directory)!) === 'alive');
});
