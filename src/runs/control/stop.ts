/** Stopping a run: ask first, then escalate, and report the stop only when its process has ended. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../../errors.js';
import { hasEnded } from '../facts/index.js';
import {
  atomicWriteJson,
  isProcessAlive,
  livingOwner,
  type ProcessIdentity,
  type RunStatus,
  readStatus,
  runFiles,
  type StopRequest,
} from '../protocol/index.js';
import { hostElsewhere, isElsewhere } from '../read/index.js';
import { requestStop } from '../write/index.js';

export type StopStage = 'request' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export interface StopOptions {
  /** `checkpoint` finishes the current step and saves; `now` does not wait for the step. */
  mode?: StopRequest['mode'];
  /** Milliseconds that each stage may take before the next. */
  grace?: Partial<Record<StopStage, number>>;
  /** Called when a stage begins, to report progress. */
  onStage?: (stage: StopStage) => void;
}

export interface StopOutcome {
  /** The stage after which the process was seen gone; `none` when none was alive. */
  how: StopStage | 'none';
  /** The status that is in the file now. */
  status: RunStatus | null;
}

/** The process resists even SIGKILL, as one in an uninterruptible wait for a disk does. */
class StopError extends KnownError {
  override readonly name = 'StopError';
}

const graceByMode: Record<StopRequest['mode'], Record<StopStage, number>> = {
  checkpoint: { request: 120_000, SIGINT: 20_000, SIGTERM: 10_000, SIGKILL: 10_000 },
  now: { request: 10_000, SIGINT: 5000, SIGTERM: 5000, SIGKILL: 10_000 },
};

const pollMilliseconds = 50;

/** The living process that works on a run, else null. */
export async function runProcess(runDirectory: string): Promise<ProcessIdentity | null> {
  const owner = livingOwner(runDirectory);
  if (owner) return owner;
  const status = await readStatus(runDirectory).catch(() => null);
  if (!status || isElsewhere(status) || !isProcessAlive(status.pid, status.processStart)) return null;
  return { pid: status.pid, processStart: status.processStart };
}

/**
 * Stops the process of a run, if there is one.
 * @throws {StopError} when it is there even after SIGKILL.
 * @throws {RunFileError} when the end cannot be recorded.
 */
export async function stopRun(runDirectory: string, options: StopOptions = {}): Promise<StopOutcome> {
  const directory = resolve(runDirectory);
  const { mode = 'checkpoint', onStage } = options;
  let target = await runProcess(directory);
  const elsewhere = hostElsewhere(await readStatus(directory).catch(() => null));
  if (!target && elsewhere !== null) return stopElsewhere(directory, elsewhere, options);
  if (!target) return { how: 'none', status: await recordStop(directory) };
  const grace = { ...graceByMode[mode], ...options.grace };
  const stages: StopStage[] = ['request', 'SIGINT', 'SIGTERM', 'SIGKILL'];
  for (const stage of stages) {
    onStage?.(stage);
    const ask = (worker: ProcessIdentity) =>
      stage === 'request' ? tryRequest(directory, mode) : signalGroup(worker, stage);
    const left = await whoIsLeft(directory, target, grace[stage], ask);
    if (left) target = left;
    else {
      rmSync(join(directory, runFiles.stopRequest), { force: true });
      return { how: stage, status: await recordStop(directory) };
    }
  }
  throw new StopError(
    `Process ${target.pid} of ${directory} does not end.`,
    'It may be waiting for a disk that does not respond. Try again, or restart the machine.',
  );
}

/** No signal reaches another machine: the request has to do. */
async function stopElsewhere(
  directory: string,
  host: string,
  { mode = 'checkpoint', grace, onStage }: StopOptions,
): Promise<StopOutcome> {
  onStage?.('request');
  requestStop(directory, mode);
  const end = Date.now() + (grace?.request ?? graceByMode[mode].request);
  while (Date.now() < end) {
    const status = await readStatus(directory).catch(() => null);
    if (status && hasEnded(status.state)) return { how: 'request', status };
    await sleep(10 * pollMilliseconds);
  }
  throw new StopError(
    `${directory} runs on ${host} and has not stopped yet.`,
    'It may still finish its step; otherwise end its job there.',
  );
}

/** A disk on which no request can be written must not keep a process from being stopped by signals. */
function tryRequest(directory: string, mode: StopRequest['mode']): void {
  try {
    requestStop(directory, mode);
  } catch {
    // The next stage comes after its grace.
  }
}

function signalGroup(target: ProcessIdentity, signal: Exclude<StopStage, 'request'>): void {
  if (!isProcessAlive(target.pid, target.processStart)) return;
  try {
    if (process.platform === 'win32') {
      // Windows knows no gentle signals: only the last stage is one.
      if (signal === 'SIGKILL') execFileSync('taskkill', ['/PID', String(target.pid), '/T', '/F']);
      return;
    }
    try {
      process.kill(-target.pid, signal);
    } catch {
      // No group of that number: the trainer was started by hand.
      process.kill(target.pid, signal);
    }
  } catch {
    // It ended between the look and the signal, which `seenGone` finds out.
  }
}

/**
 * Asks the process that works on a run to end, and who takes the run over from it: a launcher hands the run to its
 * trainer, which has not received earlier requests. Returns who is alive at the timeout, null once none is.
 */
async function whoIsLeft(
  directory: string,
  first: ProcessIdentity,
  milliseconds: number,
  ask: (worker: ProcessIdentity) => void,
): Promise<ProcessIdentity | null> {
  const end = Date.now() + milliseconds;
  let worker = first;
  ask(worker);
  for (;;) {
    const isThere = isProcessAlive(worker.pid, worker.processStart);
    const owner = livingOwner(directory);
    if (owner && owner.pid !== worker.pid) {
      worker = owner;
      ask(worker);
    } else if (!isThere) return null;
    if (Date.now() >= end) return worker;
    await sleep(Math.min(pollMilliseconds, Math.max(1, end - Date.now())));
  }
}

/** When the process left no final status, records that it was stopped. */
async function recordStop(directory: string): Promise<RunStatus | null> {
  const status = await readStatus(directory).catch(() => null);
  if (!status || hasEnded(status.state)) return status;
  const stopped: RunStatus = {
    ...status,
    state: 'stopped',
    evaluation: null,
    heartbeat: new Date().toISOString(),
  };
  atomicWriteJson(join(directory, runFiles.status), stopped);
  return stopped;
}
