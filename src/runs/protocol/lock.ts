/** `control/launch.lock`: which process may work on a run. It names the starter, then the trainer it started. */
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { atomicWriteJson, errorCode, runFileError } from './files.js';
import { isObject } from './json.js';
import { runFiles } from './paths.js';
import { isProcessAlive, processStartTime } from './process.js';

export interface ProcessIdentity {
  pid: number;
  processStart: string;
}

/** A take-over lasts a millisecond; one that is older was killed in the middle. */
const TAKE_OVER_MILLISECONDS = 10_000;

function lockFile(runDirectory: string): string {
  return join(runDirectory, runFiles.launchLock);
}

/** Who the lock names, whether it is alive or not; null when there is no lock. */
function lockOwner(runDirectory: string): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(readFileSync(lockFile(runDirectory), 'utf8'));
    if (!isObject(value)) return null;
    const { pid, processStart } = value;
    return typeof pid === 'number' && typeof processStart === 'string' ? { pid, processStart } : null;
  } catch {
    return null;
  }
}

/** The living process that the lock names, else null. */
export function livingOwner(runDirectory: string): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  return owner && isProcessAlive(owner.pid, owner.processStart) ? owner : null;
}

/** Creates the lock with its content in one act, so that nobody ever sees an empty one. */
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

/** Removes a lock whose process is gone. Only one process at a time may, or it could remove a new one. */
function removeStale(runDirectory: string): void {
  const guard = `${lockFile(runDirectory)}.takeover`;
  try {
    closeSync(openSync(guard, 'wx'));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw runFileError(error, 'written', guard);
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > TAKE_OVER_MILLISECONDS) rmSync(guard, { force: true });
    return;
  }
  try {
    if (!livingOwner(runDirectory)) rmSync(lockFile(runDirectory), { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/**
 * Takes the lock for this process.
 * @returns null when it was taken, else the living process that has it.
 * @throws {RunFileError}
 */
export function takeLock(runDirectory: string): ProcessIdentity | null {
  const file = lockFile(runDirectory);
  const self = { pid: process.pid, processStart: processStartTime(process.pid) ?? '' };
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
  for (let attempt = 0; attempt < 200; attempt++) {
    if (create(file, self)) return null;
    const owner = livingOwner(runDirectory);
    if (owner) return owner;
    removeStale(runDirectory);
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  throw runFileError(new Error('the lock of a process that is gone cannot be removed'), 'replaced', file);
}

/** Hands the lock on to the trainer, for whose whole life it then stands. */
export function giveLock(runDirectory: string, owner: ProcessIdentity): void {
  atomicWriteJson(lockFile(runDirectory), owner);
}

export function releaseLock(runDirectory: string): void {
  rmSync(lockFile(runDirectory), { force: true });
}
