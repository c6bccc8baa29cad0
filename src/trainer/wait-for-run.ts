/** A run that starts after another one: its process waits, so that no window or terminal has to stay open for it. */
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, heartbeatFreshMilliseconds } from '../runs/facts/index.js';
import { livingOwner, readStatus } from '../runs/protocol/index.js';

const pollMilliseconds = 500;

/** Whether a process works on the run, here or on another machine. A run that was deleted has none. */
async function isWorkedOn(directory: string): Promise<boolean> {
  if (livingOwner(directory)) return true;
  const status = await readStatus(directory).catch(() => null);
  if (!status || hasEnded(status.state)) return false;
  return Math.abs(Date.now() - Date.parse(status.heartbeat)) <= heartbeatFreshMilliseconds;
}

/**
 * Returns when nothing works on the other run any more, however it ended, or when the waiting is to stop.
 * @param directory of the run that waits
 * @param id of the other one, in the same folder
 */
export async function waitForRun(directory: string, id: string, stopRequested: () => boolean): Promise<void> {
  const other = join(dirname(directory), id);
  while (!stopRequested() && (await isWorkedOn(other))) await delay(pollMilliseconds);
}
