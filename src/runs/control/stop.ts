/** Stopping a run: ask first, then escalate, and report the stop only when its process has ended. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from '../../errors.js';
import { hasEnded } from '../facts/index.js';
import {
  atomicWriteJson,
  isProcessAlive,
  isTrainerOf,
  livingOwner,
  type ProcessIdentity,
  type RunStatus,
  runFiles,
  type StopRequest,
} from '../protocol/index.js';
import { longestSilenceMilliseconds } from '../read/index.js';
import { requestStop } from '../write/index.js';
import { look, type OnWait, placeOf, statusOf } from './working-process.js';

export type StopStage = 'request' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export interface StopOptions {
  /** `checkpoint` finishes the current step and saves; `now` does not wait for the step. */
  mode?: StopRequest['mode'];
  /** Milliseconds that each stage may take before the next. */
  grace?: Partial<Record<StopStage, number>>;
  /** Called when a stage begins, to report progress. */
  onStage?: (stage: StopStage) => void;
  /** Called when the process cannot be seen from here, with what is waited for. */
  onWait?: OnWait;
  /** Milliseconds after which a process elsewhere that changes nothing is taken for gone. */
  silence?: number;
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

/**
 * Stops the process of a run, if there is one.
 * @throws {StopError} when it is there even after SIGKILL.
 * @throws {RunFileError} when the end cannot be recorded.
 */
export async function stopRun(runDirectory: string, options: StopOptions = {}): Promise<StopOutcome> {
  const directory = resolve(runDirectory);
  const { mode = 'checkpoint', onStage } = options;
  const worker = await look(directory);
  if (worker.where === 'elsewhere') return stopElsewhere(directory, worker, options);
  if (worker.where === 'nowhere') return { how: 'none', status: await recordStop(directory) };
  let target = worker.process;
  const grace = { ...graceByMode[mode], ...options.grace };
  const stages: StopStage[] = ['request', 'SIGINT', 'SIGTERM', 'SIGKILL'];
  for (const stage of stages) {
    onStage?.(stage);
    const ask = (worker: ProcessIdentity) =>
      stage === 'request' ? tryRequest(directory, mode) : signalGroup(directory, worker, stage);
    const left = await whoIsLeft(directory, target, grace[stage], ask);
    if (left) target = left;
    else {
      rmSync(join(directory, runFiles.stopRequest), { force: true });
      return { how: stage, status: await recordStop(directory) };
    }
  }
  if (!isTrainerOf(directory, target.pid)) {
    throw new StopError(
      `Process ${target.pid}, which ${directory} names, is not seen to be a trainer of this run: it got no signal.`,
      'If this run does not train, delete control/launch.lock and status.json in its folder.',
    );
  }
  throw new StopError(
    `Process ${target.pid} of ${directory} does not end.`,
    'It may be waiting for a disk that does not respond. Try again, or restart the machine.',
  );
}

/**
 * No signal reaches another container or machine: the request has to do, and what the process writes shows whether it
 * lives. Nothing is recorded over a process that does.
 */
async function stopElsewhere(
  directory: string,
  { process, sign }: { process: ProcessIdentity; sign: string },
  { mode = 'checkpoint', grace, onStage, onWait, silence = longestSilenceMilliseconds }: StopOptions,
): Promise<StopOutcome> {
  onStage?.('request');
  onWait?.(`its process runs ${placeOf(process)} and reads the request there, which may take a minute`);
  const start = performance.now();
  // A request to stop at once takes as long to be seen there, too.
  const patience = grace?.request ?? Math.max(graceByMode[mode].request, silence);
  let isAlive = false;
  for (;;) {
    // A launcher elsewhere removes an earlier request before it starts the trainer.
    if (!existsSync(join(directory, runFiles.stopRequest))) requestStop(directory, mode);
    await sleep(5 * pollMilliseconds);
    const next = await look(directory);
    if (next.where === 'nowhere') {
      rmSync(join(directory, runFiles.stopRequest), { force: true });
      return { how: 'request', status: await statusOf(directory) };
    }
    isAlive ||= next.where === 'here' || next.sign !== sign;
    const waited = performance.now() - start;
    // The request stays: a process that was only asleep finds it.
    if (!isAlive && waited > silence) return { how: 'none', status: await recordStop(directory) };
    if (isAlive && waited > patience) break;
  }
  throw new StopError(
    `${directory} runs ${placeOf(process)} and has not stopped yet.`,
    'It may still finish its step; otherwise end its process there.',
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

/** Signals only a trainer of this run: its folder may come from anyone, and name any process. */
function signalGroup(
  directory: string,
  target: ProcessIdentity,
  signal: Exclude<StopStage, 'request'>,
): void {
  if (!isTrainerOf(directory, target.pid) || !isProcessAlive(target.pid, target.processStart)) return;
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
  const status = await statusOf(directory);
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
