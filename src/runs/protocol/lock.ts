/** `control/launch.lock`: which process may work on a run. It names the starter, then the trainer it started. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atomicWriteJson, makeFolder, runFileError } from './files.js';
import { isInScope, isSameProcess, ownIdentity, type ProcessIdentity, sightOf } from './identity.js';
import { alone, createWhole, processIn } from './lock-guard.js';
import { runFiles } from './paths.js';
import { readRegularFileSync } from './regular-file.js';

function lockFile(runDirectory: string): string {
  return join(runDirectory, runFiles.launchLock);
}

/** Who the lock names, whether it is alive or not; null when there is no lock. */
export function lockOwner(runDirectory: string): ProcessIdentity | null {
  const file = lockFile(runDirectory);
  // Most runs have none, and to fail takes longer than to look.
  if (!existsSync(file)) return null;
  try {
    return processIn(readRegularFileSync(file));
  } catch {
    return null;
  }
}

/** The process that the lock names, if it is seen to live. */
export function livingOwner(runDirectory: string): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  return owner && sightOf(owner) === 'alive' ? owner : null;
}

/** @param gone a process elsewhere that gave no sign of life for long */
function holder(runDirectory: string, gone: ProcessIdentity | null): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  if (!owner || (gone && isSameProcess(owner, gone))) return null;
  return sightOf(owner) === 'gone' ? null : owner;
}

/**
 * Takes the lock for this process.
 * @param gone a process elsewhere that gave no sign of life for long: a lock of its own is a stale one
 * @returns null when it was taken, else the process that has it: one that is alive, or of which that cannot be seen
 * @throws {RunFileError}
 */
export function takeLock(runDirectory: string, gone: ProcessIdentity | null = null): ProcessIdentity | null {
  const file = lockFile(runDirectory);
  try {
    makeFolder(dirname(file));
    if (createWhole(file, ownIdentity())) return null;
    return alone(file, () => {
      // Anyone may create a lock where there is none; one that exists is removed only by who is alone.
      while (!createWhole(file, ownIdentity())) {
        const owner = holder(runDirectory, gone);
        if (owner) return owner;
        rmSync(file, { force: true });
      }
      return null;
    });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
}

/**
 * Takes the lock for the trainer that this process is, for its whole life: from the launcher that started it, which
 * may be killed before it hands the lock over, or like any other process.
 * @returns as `takeLock`
 * @throws {RunFileError}
 */
export function claimLock(runDirectory: string): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  if (!owner) return takeLock(runDirectory);
  const isMine = alone(lockFile(runDirectory), () => {
    // A launcher that is gone is no longer a parent.
    const mine = isOwnLock(runDirectory, [process.ppid, process.pid]);
    if (mine) atomicWriteJson(lockFile(runDirectory), ownIdentity());
    return mine;
  });
  return isMine ? null : takeLock(runDirectory);
}

/**
 * The process that has taken the run over from this one, which was paused for so long that it was taken for gone; null
 * when none has. A lock that is missing, damaged or of a process that is gone is nobody's.
 */
export function displacedBy(runDirectory: string): ProcessIdentity | null {
  const owner = lockOwner(runDirectory);
  if (!owner || isSameProcess(owner, ownIdentity())) return null;
  return sightOf(owner) === 'gone' ? null : owner;
}

/** Hands the lock on to the trainer, unless that has taken it already. @throws {RunFileError} */
export function giveLock(runDirectory: string, trainer: ProcessIdentity): void {
  alone(lockFile(runDirectory), () => {
    if (isOwnLock(runDirectory)) atomicWriteJson(lockFile(runDirectory), trainer);
  });
}

/** Gives the lock up, if this process has it. @throws {RunFileError} */
export function releaseLock(runDirectory: string): void {
  alone(lockFile(runDirectory), () => {
    if (isOwnLock(runDirectory)) rmSync(lockFile(runDirectory), { force: true });
  });
}

function isOwnLock(runDirectory: string, pids: readonly number[] = [process.pid]): boolean {
  const owner = lockOwner(runDirectory);
  return owner !== null && pids.includes(owner.pid) && isOurs(owner);
}

/** A process without a scope that can be told still knows its own. */
function isOurs({ pidScope, ...owner }: ProcessIdentity): boolean {
  return pidScope === null ? owner.host === ownIdentity().host : isInScope({ ...owner, pidScope });
}
