/** A run that starts after another one: its process waits, so that no window or terminal has to stay open for it. */
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockOwner, readStatus } from '../runs/protocol/index.js';
import { SignsOfLife, workerOf } from '../runs/read/index.js';

const pollMilliseconds = 500;

/** Whether a process works on the run, here or elsewhere. A run that was deleted has none. */
async function isWorkedOn(directory: string, signs: SignsOfLife): Promise<boolean> {
  const status = await readStatus(directory).catch(() => null);
  const worker = workerOf(status, lockOwner(directory));
  if (worker.where === 'elsewhere') return signs.look(worker.sign, status?.heartbeat ?? null);
  return worker.where === 'here';
}

/**
 * Returns when nothing works on the other run any more, however it ended, or when the waiting is to stop.
 * @param directory of the run that waits
 * @param id of the other one, in the same folder
 */
export async function waitForRun(directory: string, id: string, stopRequested: () => boolean): Promise<void> {
  const other = join(dirname(directory), id);
  const signs = new SignsOfLife();
  while (!stopRequested() && (await isWorkedOn(other, signs))) await delay(pollMilliseconds);
}
