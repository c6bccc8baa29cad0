/** A run that starts after another one. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveLock, releaseLock, takeLock } from '../../../src/runs/protocol/lock.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
import { waitForRun } from '../../../src/trainer/wait-for-run.js';
import { scratch } from '../../scratch.js';
import { existingRun, newRunIn } from '../actions/faces.js';

/** Two runs of a folder, of which a process, this one, works on the first. */
async function runs(name: string) {
  const newRun = newRunIn(scratch(name));
  const [first, second] = [await existingRun(newRun), await existingRun(newRun)];
  takeLock(first);
  giveLock(first, { pid: process.pid, processStart: processStartTime(process.pid) ?? '' });
  return { first, second, id: first.slice(first.lastIndexOf('/') + 1) };
}

test('it waits while a process works on the other run, and no longer', async () => {
  const { first, second, id } = await runs('wait');
  let over = false;
  const waiting = waitForRun(second, id, () => false).then(() => {
    over = true;
  });
  await delay(700);
  expect(over).toBe(false);
  releaseLock(first);
  await waiting;
});

test('a stop ends the waiting', async () => {
  const { second, id } = await runs('wait-stopped');
  await waitForRun(second, id, () => true);
});

test('a run that was deleted is not waited for', async () => {
  const { first, second, id } = await runs('wait-deleted');
  rmSync(join(first), { recursive: true });
  await waitForRun(second, id, () => false);
});
