import { type ChildProcess, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stopAllTraining, stopTraining } from '../../../src/actions/stop.js';
import { stopRun } from '../../../src/runs/control/stop.js';
import { atomicWriteJson } from '../../../src/runs/protocol/files.js';
import { identityOf } from '../../../src/runs/protocol/identity.js';
import { giveLock, takeLock } from '../../../src/runs/protocol/lock.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
import { isTrainerOf } from '../../../src/runs/protocol/trainer-process.js';
import { scratch } from '../../scratch.js';
import { statusOf } from '../views/fixtures.js';
import { existingRun, newRunIn, RecordingUi } from './faces.js';

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A run with a process that obeys signals but no request. */
async function runningRun(folder: string): Promise<string> {
  const directory = await existingRun(newRunIn(folder));
  const program = ['-e', 'setInterval(() => {}, 1000)', 'run', JSON.stringify({ directory })];
  const child = spawn(process.execPath, program, {
    detached: true,
    stdio: 'ignore',
  });
  children.push(child);
  const pid = child.pid!;
  takeLock(directory);
  giveLock(directory, { pid, processStart: processStartTime(pid) ?? '' });
  return directory;
}

test('a stop says how it presses', async () => {
  const ui = new RecordingUi();
  const directory = await runningRun(scratch());
  const outcome = await stopTraining({ directory, name: 'a\nrun' }, { stepGrace: 100 }, ui);
  expect(outcome.how).toBe('SIGINT');
  expect(ui.events).toEqual([
    'progress Stopping a run',
    'progress finishing the current step and writing a checkpoint',
    'progress it does not respond: interrupting it',
  ]);
});

test.each(['launch.lock', 'status.json'])(
  'a process that only %s calls a trainer of the run gets no signal',
  async (file) => {
    const folder = scratch();
    const directory = await existingRun(newRunIn(folder));
    const others = await existingRun(newRunIn(folder));
    // A trainer of another run, and the program of anyone that was given this run's folder.
    for (const words of [['run', JSON.stringify({ directory: others })], [directory]]) {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', ...words], {
        detached: true,
        stdio: 'ignore',
      });
      children.push(child);
      const named = identityOf(child.pid!);
      if (file === 'launch.lock') atomicWriteJson(join(directory, 'control', file), named);
      else atomicWriteJson(join(directory, file), statusOf({ ...named, state: 'running' }));
      const grace = { request: 50, SIGINT: 50, SIGTERM: 50, SIGKILL: 50 };
      await expect(stopRun(directory, { grace })).rejects.toThrow('is not seen to be a trainer of this run');
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    }
  },
);

test('a trainer is known by its run however the path is written', async () => {
  const directory = await existingRun(newRunIn(scratch()));
  const link = join(scratch(), 'link');
  symlinkSync(directory, link);
  for (const [words, folder] of [
    [['run', JSON.stringify({ directory: link })], '/'],
    [['run', directory], '/'],
    [['run', JSON.stringify({ directory: '.' })], directory],
  ] as const) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', ...words], { cwd: folder });
    children.push(child);
    await new Promise((spawned) => child.once('spawn', spawned));
    expect(isTrainerOf(directory, child.pid!)).toBe(true);
  }
});

test('a run without a process has nothing to stop', async () => {
  const directory = await existingRun(newRunIn(scratch()));
  const outcome = await stopTraining({ directory, name: 'run' }, {}, new RecordingUi());
  expect(outcome).toEqual({ how: 'none', status: null });
});

test('one run that does not stop keeps no other one from stopping', async () => {
  const folder = scratch();
  const elsewhere = await existingRun(newRunIn(folder));
  let step = 0;
  const beat = () => {
    const status = statusOf({ host: 'another-machine', step: step++ });
    atomicWriteJson(join(elsewhere, 'status.json'), status);
  };
  beat();
  const trainer = setInterval(beat, 50);
  const here = await runningRun(folder);
  const ui = new RecordingUi();
  const runs = [elsewhere, here].map((directory) => ({ directory, name: directory }));
  await expect(stopAllTraining(runs, { stepGrace: 100 }, ui)).rejects.toThrow('runs on another-machine');
  clearInterval(trainer);
  expect((await stopTraining({ directory: here, name: 'here' }, {}, ui)).how).toBe('none');
});
