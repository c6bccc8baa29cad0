import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  claimLock,
  giveLock,
  lockOwner,
  type ProcessIdentity,
  releaseLock,
  takeLock,
} from '../../../src/runs/protocol/lock.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
import { scratch } from '../../scratch.js';

let directory: string;
let other: ChildProcess;

beforeEach(() => {
  directory = scratch('lock');
  mkdirSync(join(directory, 'control'));
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
});
afterEach(() => {
  other.kill('SIGKILL');
});

const identity = (pid: number): ProcessIdentity => ({ pid, processStart: processStartTime(pid) ?? '' });
const gone: ProcessIdentity = { pid: 2 ** 22 + 1, processStart: 'long ago' };
const self = identity(process.pid);
const lock = (owner: ProcessIdentity, suffix = '') =>
  writeFileSync(join(directory, 'control', `launch.lock${suffix}`), JSON.stringify(owner));

test.each([
  ['its launcher', () => lock(identity(process.ppid))],
  ['a launcher that was killed', () => lock(gone)],
  ['itself', () => lock(self)],
  ['nobody', () => {}],
])('a trainer takes the lock of %s', (_, prepare) => {
  prepare();
  expect(claimLock(directory)).toBeNull();
  expect(lockOwner(directory)).toEqual(self);
});

test('a trainer is refused while another process has the run', () => {
  lock(identity(other.pid!));
  expect(claimLock(directory)).toEqual(identity(other.pid!));
  expect(lockOwner(directory)).toEqual(identity(other.pid!));
});

test('a launcher hands on, and gives up, only a lock that is its own', () => {
  expect(takeLock(directory)).toBeNull();
  giveLock(directory, identity(other.pid!));
  expect(lockOwner(directory)).toEqual(identity(other.pid!));
  giveLock(directory, gone);
  releaseLock(directory);
  expect(lockOwner(directory)).toEqual(identity(other.pid!));
  lock(self);
  releaseLock(directory);
  expect(lockOwner(directory)).toBeNull();
});

test('a process that was killed while it replaced the lock stands in nobody’s way', () => {
  lock(gone);
  lock(gone, '.takeover');
  expect(takeLock(directory)).toBeNull();
  expect(lockOwner(directory)).toEqual(self);
  expect(existsSync(join(directory, 'control', 'launch.lock.takeover'))).toBe(false);
});
