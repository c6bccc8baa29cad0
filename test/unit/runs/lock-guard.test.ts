import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { lockOwner, takeLock } from '../../../src/runs/protocol/lock.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
import { scratch } from '../../scratch.js';

/** What happens to the guard when this process asks for it, and when it then looks whose it is. */
const guard = vi.hoisted(() => ({ onAsked: () => {}, onLook: () => {} }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const isGuard = (path: unknown) => String(path).endsWith('.takeover');
  const link: typeof fs.linkSync = (from, to) => {
    if (isGuard(to)) guard.onAsked();
    fs.linkSync(from, to);
  };
  const look = ((path, options) => {
    const found = fs.statSync(path, options);
    if (isGuard(path)) guard.onLook();
    return found;
  }) as typeof fs.statSync;
  return { ...fs, linkSync: link, statSync: look };
});

let directory: string;
beforeEach(() => {
  directory = scratch('lock');
  mkdirSync(join(directory, 'control'));
});

test('a guard that one process gave back and another has made meanwhile is left to that one', () => {
  const lock = join(directory, 'control', 'launch.lock');
  const takeover = `${lock}.takeover`;
  const self = { pid: process.pid, processStart: processStartTime(process.pid) ?? '' };
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, processStart: 'long ago' }));
  let asked = 0;
  let isLeft = false;
  guard.onAsked = () => {
    asked++;
    // First it is another's, who gives it back at once.
    if (asked === 1) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
    if (asked > 2) return;
    isLeft = existsSync(takeover);
    rmSync(takeover, { force: true });
  };
  guard.onLook = () => {
    if (asked === 1) writeFileSync(takeover, JSON.stringify(self));
  };
  expect(takeLock(directory)).toBeNull();
  expect(isLeft).toBe(true);
  expect(lockOwner(directory)).toEqual(self);
});
