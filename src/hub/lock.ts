/** One process at a time downloads a file; the others wait and then find it there. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { pause } from './retry.js';

const pollSeconds = 0.25;

/** A lock of another machine, on a shared disk, says nothing about its process: only its age does. */
const foreignLockSeconds = 3600;

/** A lock that does not say whose it is yet has been made this recently, or was cut off. */
const unsignedLockSeconds = 10;

const ownerSchema = z.object({ pid: z.int(), host: z.string() });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Whether the process that made the lock is gone. */
function isStale(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  const age = (Date.now() - stats.mtimeMs) / 1000;
  try {
    const owner = ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return owner.host === hostname() ? !isAlive(owner.pid) : age > foreignLockSeconds;
  } catch {
    return age > unsignedLockSeconds;
  }
}

function tryLock(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(descriptor, JSON.stringify({ pid: process.pid, host: hostname() }));
  } finally {
    closeSync(descriptor);
  }
  return true;
}

/** Runs `work` while holding the lock file. `onWait` is called once when another process holds it. */
export async function withLock<Result>(
  path: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !tryLock(path); waited = true) {
    if (isStale(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!waited) onWait();
    await pause(pollSeconds, signal);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
