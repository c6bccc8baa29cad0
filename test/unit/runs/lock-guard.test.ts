import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { ownIdentity } from '../../../src/runs/protocol/identity.js';
import { lockOwner, takeLock } from '../../../src/runs/protocol/lock.js';
import { scratch } from '../../scratch.js';

/** Called before this process makes a guard, with its path. */
const guard = vi.hoisted(() => ({ onMake: (_path: string) => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const link: typeof fs.linkSync = (from, to) => {
    if (String(to).includes('.takeover')) guard.onMake(String(to));
    fs.linkSync(from, to);
  };
  return { ...fs, linkSync: link };
});

let directory: string;
let takeover: string;
const gone = { pid: 2 ** 22 + 1, processStart: 'long ago' };
const others = JSON.stringify({ ...ownIdentity(), token: 'others' });

beforeEach(() => {
  directory = scratch('lock');
  mkdirSync(join(directory, 'control'));
  takeover = join(directory, 'control', 'launch.lock.takeover');
  writeFileSync(join(directory, 'control', 'launch.lock'), JSON.stringify(gone));
});

test('the guard of a process that was killed is removed by one; that of the next process stays', () => {
  writeFileSync(takeover, JSON.stringify(gone));
  const seen: string[] = [];
  guard.onMake = (path) => {
    if (path !== takeover) {
      // Before this process may remove the guard that it found abandoned, a second one did, and a third made its own.
      writeFileSync(takeover, others);
    } else if (existsSync(takeover)) {
      seen.push(readFileSync(takeover, 'utf8'));
      // The third one gives it back.
      if (seen.length > 1) rmSync(takeover);
    }
  };
  expect(takeLock(directory)).toBeNull();
  expect(seen).toEqual([JSON.stringify(gone), others]);
  expect(lockOwner(directory)).toEqual(ownIdentity());
  expect(readdirSync(join(directory, 'control'))).toEqual(['launch.lock']);
});

test('a guard that was given back and made by another process meanwhile is left to that one', () => {
  writeFileSync(takeover, others);
  let asked = 0;
  guard.onMake = () => {
    asked++;
    if (asked === 3) rmSync(takeover);
  };
  expect(takeLock(directory)).toBeNull();
  expect(asked).toBe(3);
});
