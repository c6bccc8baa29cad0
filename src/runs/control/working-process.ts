/** Who works on a run, for those who start and stop processes: where one look does not tell, they look again. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockOwner, type ProcessIdentity, type RunStatus, readStatus, sightOf } from '../protocol/index.js';
import { longestSilenceMilliseconds, workerOf } from '../read/index.js';

const pauseMilliseconds = 250;

/** @param text a sentence that says what is waited for, and how long at most */
export type OnWait = (text: string) => void;

export interface LastingWorker {
  /** Who works on the run; null when nobody does. */
  worker: ProcessIdentity | null;
  /** A process elsewhere that is named and has given no sign of life for long: a lock of its own is a stale one. */
  silent: ProcessIdentity | null;
}

/** `status.json`; null when there is none, or none that can be read. */
export function statusOf(directory: string): Promise<RunStatus | null> {
  return readStatus(directory).catch(() => null);
}

/** One look, and whom the lock named then. */
export async function look(directory: string) {
  const owner = lockOwner(directory);
  return { ...workerOf(await statusOf(directory), owner), owner };
}

/**
 * Who works on a run. A process in another container or on another machine is at work when what it writes changes,
 * which a network drive may show a minute late: it is waited for.
 */
export async function lastingWorker(
  directory: string,
  onWait: OnWait = () => {},
  milliseconds = longestSilenceMilliseconds,
): Promise<LastingWorker> {
  const first = await look(directory);
  if (first.where === 'here') return { worker: first.process, silent: null };
  if (first.where === 'nowhere') return { worker: null, silent: first.owner };
  onWait(
    `A process ${placeOf(first.process)} has worked on this run: waiting up to ${Math.ceil(milliseconds / 1000)} s for its heartbeat.`,
  );
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await sleep(Math.min(pauseMilliseconds, milliseconds));
    const next = await look(directory);
    if (next.where === 'here') return { worker: next.process, silent: null };
    if (next.where === 'nowhere') return { worker: null, silent: next.owner };
    if (next.sign !== first.sign) return { worker: next.process, silent: null };
  }
  return { worker: null, silent: first.owner };
}

/** The process that works on a run and is seen to live, else null. */
export async function runProcess(directory: string): Promise<ProcessIdentity | null> {
  const worker = await look(directory);
  return worker.where === 'here' ? worker.process : null;
}

export const isHere = (worker: ProcessIdentity): boolean => sightOf(worker) !== 'elsewhere';

/** Where a process is that cannot be seen from here: "on node-7", or what else is known. */
export function placeOf({ host }: ProcessIdentity): string {
  if (host === undefined) return 'in another container or on another machine';
  return host === hostname() ? `on ${host}, in another container or before a restart,` : `on ${host}`;
}
