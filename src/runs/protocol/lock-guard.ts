/**
 * `control/launch.lock.takeover`: one process at a time replaces or removes the lock, and what it has read of the lock
 * still holds when it writes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode, runFileError } from './files.js';
import { ownIdentity, type ProcessIdentity, sightOf } from './identity.js';
import { parseObject } from './json.js';
import { readRegularFileSync } from './regular-file.js';

/** A change of the lock lasts milliseconds; a guard that stays longer is that of a process that was killed. */
const changeMilliseconds = 10_000;
const longestWaitMilliseconds = 2 * changeMilliseconds;
const pauseMilliseconds = 5;

export function processIn(text: string): ProcessIdentity | null {
  const { pid, processStart, host, pidScope } = parseObject(text) ?? {};
  if (typeof pid !== 'number' || typeof processStart !== 'string') return null;
  return {
    pid,
    processStart,
    ...(typeof host === 'string' && { host }),
    ...((typeof pidScope === 'string' || pidScope === null) && { pidScope }),
  };
}

/** Creates a file with its content atomically, so that no process ever sees an empty one. False when there is one. */
export function createWhole(file: string, content: object): boolean {
  const text = JSON.stringify(content);
  const name = `.${basename(file)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  const beside = join(dirname(file), name);
  try {
    writeFileSync(beside, text);
    try {
      linkSync(beside, file);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      // File systems without hard links: exclusive creation is still exclusive.
      writeFileSync(file, text, { flag: 'wx' });
      return true;
    }
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw runFileError(error, 'written', file);
  } finally {
    rmSync(beside, { force: true });
  }
}

interface Found {
  owner: ProcessIdentity | null;
  /** Of this very guard: the next one of the same process has another. */
  key: string;
}

function guardAt(file: string): Found | null {
  try {
    const text = readRegularFileSync(file);
    const { ino, mtimeMs } = statSync(file);
    const key = text === '' ? `${ino} ${mtimeMs}` : text;
    return { owner: processIn(text), key: createHash('sha256').update(key).digest('hex').slice(0, 12) };
  } catch {
    // Given back meanwhile, or none that a process of ours made.
    return null;
  }
}

/** Guards of others, and when this process first saw them. */
class Waiting {
  readonly #seen = new Map<string, number>();

  isAbandoned({ owner, key }: Found): boolean {
    const sight = owner ? sightOf(owner) : 'elsewhere';
    if (sight !== 'elsewhere') return sight === 'gone';
    const first = this.#seen.get(key) ?? performance.now();
    this.#seen.set(key, first);
    return performance.now() - first > changeMilliseconds;
  }
}

/**
 * Removes the guard of a process that was killed. Of several that want to, one may: whoever makes the guard of that
 * very guard. What it then removes is what it has judged, for nobody else may remove it and its maker is gone.
 */
function removeAbandoned(guard: string, waiting: Waiting): void {
  const found = guardAt(guard);
  if (!found || !waiting.isAbandoned(found)) return;
  const own = `${guard}.${found.key}`;
  if (!createWhole(own, ownIdentity())) {
    removeAbandoned(own, waiting);
    return;
  }
  try {
    if (guardAt(guard)?.key === found.key) rmSync(guard, { force: true });
  } finally {
    rmSync(own, { force: true });
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMilliseconds);
}

/** Does `change` as soon as this process alone changes the lock. @throws {RunFileError} */
export function alone<T>(lock: string, change: () => T): T {
  const guard = `${lock}.takeover`;
  const waiting = new Waiting();
  const content = { ...ownIdentity(), token: randomBytes(8).toString('hex') };
  const end = performance.now() + longestWaitMilliseconds;
  while (!createWhole(guard, content)) {
    if (performance.now() > end) {
      throw runFileError(new Error('another process has been changing it for long'), 'replaced', lock);
    }
    removeAbandoned(guard, waiting);
    pause();
  }
  const { key } = guardAt(guard) ?? {};
  try {
    return change();
  } finally {
    // One who took this process for gone has made another.
    if (guardAt(guard)?.key === key) rmSync(guard, { force: true });
  }
}
