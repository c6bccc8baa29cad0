import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stopAllTraining, stopTraining } from '../../../src/actions/stop.js';
import { atomicWriteJson } from '../../../src/runs/protocol/files.js';
import { giveLock, takeLock } from '../../../src/runs/protocol/lock.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
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
