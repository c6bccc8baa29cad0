/** `control/launch.lock`: which process may work on a run. It names the starter, then the trainer it started. */
import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atomicWriteJson, errorCode, runFileError } from './files.js';
import { parseObject } from './json.js';
import { runFiles } from './paths.js';
import { isProcessAlive, processStartTime } from './process.js';
import { readRegularFileSync } from './regular-file.js';

export interface ProcessIdentity {
  pid: number;
  processStart: string;
}

/** A change of the lock lasts milliseconds; one that is older was killed in the middle. */
const takeOverMilliseconds = 10_000;
/** 5 ms apart. */
const attempts = 1000;

function lockFile(runDirectory: string): string {
  return join(runDirectory, runFiles.launchLock);
}

/** Who the lock names, whether it is alive or not; null when there is no lock. */
export function lockOwner(runDirectory: string): ProcessIdentity | null {
  return ownerIn(lockFile(runDirectory));
}

function ownerIn(file: string): ProcessIdentity | null {
  let text: string;
  try {
    text = readRegularFileSync(file);
  } catch {
    return null;
  }
  const { pid, processStart } = parseObject(text) ?? {};
  return typeof pid === 'number' && typeof processStart === 'string' ? { pid, processStart } : null;
}

/** The living process that the lock names, else null. */
export function livingOwner(runDirectory: string): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  return owner && isProcessAlive(owner.pid, owner.processStart) ? owner : null;
}

/** Creates the lock with its content atomically, so that no process ever sees an empty one. */
function create(file: string, owner: ProcessIdentity): boolean {
  const beside = `${file}.${process.pid}`;
  try {
    writeFileSync(beside, JSON.stringify(owner));
    try {
      linkSync(beside, file);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      // File systems without hard links: exclusive creation is still exclusive.
      writeFileSync(file, JSON.stringify(owner), { flag: 'wx' });
      return true;
    }
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw runFileError(error, 'written', file);
  } finally {
    rmSync(beside, { force: true });
  }
}

/**
 * Does `change` while no other process replaces or removes the lock: what it has read of the lock still holds when it
 * writes. False when another process is changing it; then try again.
 */
function alone(runDirectory: string, change: () => void): boolean {
  const guard = `${lockFile(runDirectory)}.takeover`;
  if (!create(guard, self())) {
    if (isAbandoned(guard)) rmSync(guard, { force: true });
    return false;
  }
  try {
    change();
  } finally {
    rmSync(guard, { force: true });
  }
  return true;
}

/** Whether the process that made a guard was killed in the middle. */
function isAbandoned(guard: string): boolean {
  const owner = ownerIn(guard);
  if (owner) return !isProcessAlive(owner.pid, owner.processStart);
  // Without hard links a guard is empty for a moment. One that is gone is nobody's: by now it may be another's.
  const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > takeOverMilliseconds;
}

/** Does the same as `alone` as soon as it can. @throws {RunFileError} */
function soonAlone(runDirectory: string, change: () => void): void {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (alone(runDirectory, change)) return;
    pause();
  }
  throw stuck(runDirectory);
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

function stuck(runDirectory: string): Error {
  const error = new Error('the lock of a process that is gone cannot be removed');
  return runFileError(error, 'replaced', lockFile(runDirectory));
}

function self(): ProcessIdentity {
  return { pid: process.pid, processStart: processStartTime(process.pid) ?? '' };
}

/** Removes a lock whose process is gone. */
function removeStale(runDirectory: string): void {
  alone(runDirectory, () => {
    if (!livingOwner(runDirectory)) rmSync(lockFile(runDirectory), { force: true });
  });
}

/**
 * Takes the lock for this process.
 * @returns null when it was taken, else the living process that has it.
 * @throws {RunFileError}
 */
export function takeLock(runDirectory: string): ProcessIdentity | null {
  const file = lockFile(runDirectory);
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (create(file, self())) return null;
    const owner = livingOwner(runDirectory);
    if (owner) return owner;
    removeStale(runDirectory);
    if (attempt > 0) pause();
  }
  throw stuck(runDirectory);
}

/**
 * Takes the lock for the trainer that this process is, for its whole life: from the launcher that started it, which
 * may be killed before it hands the lock over, or like any other process.
 * @returns null when it has the lock, else the living process that works on the run.
 * @throws {RunFileError}
 */
export function claimLock(runDirectory: string): ProcessIdentity | null {
  let mine = false;
  if (lockOwner(runDirectory)) {
    soonAlone(runDirectory, () => {
      const owner = lockOwner(runDirectory);
      // A launcher that is gone is no longer a parent.
      mine = owner?.pid === process.ppid || owner?.pid === process.pid;
      if (mine) atomicWriteJson(lockFile(runDirectory), self());
    });
  }
  return mine ? null : takeLock(runDirectory);
}

/** Hands the lock on to the trainer, unless that has taken it already. @throws {RunFileError} */
export function giveLock(runDirectory: string, trainer: ProcessIdentity): void {
  soonAlone(runDirectory, () => {
    if (isOwn(runDirectory)) atomicWriteJson(lockFile(runDirectory), trainer);
  });
}

/** Gives the lock up, if this process has it. @throws {RunFileError} */
export function releaseLock(runDirectory: string): void {
  soonAlone(runDirectory, () => {
    if (isOwn(runDirectory)) rmSync(lockFile(runDirectory), { force: true });
  });
}

function isOwn(runDirectory: string): boolean {
  return lockOwner(runDirectory)?.pid === process.pid;
}
