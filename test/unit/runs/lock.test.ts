import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identityOf, ownIdentity, type ProcessIdentity } from '../../../src/runs/protocol/identity.js';
import { claimLock, giveLock, lockOwner, releaseLock, takeLock } from '../../../src/runs/protocol/lock.js';
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

const identity = identityOf;
const gone: ProcessIdentity = { pid: 2 ** 22 + 1, processStart: 'long ago' };
const self = ownIdentity();
const elsewhere: ProcessIdentity = { pid: 7, processStart: 'x', host: 'node-7', pidScope: 'another' };
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
  expect(readdirSync(join(directory, 'control'))).toEqual(['launch.lock']);
});

test('of a process that cannot be seen from here the lock is taken only when it has been silent', () => {
  // Its number means another process here.
  lock({ ...self, pidScope: 'another' });
  expect(takeLock(directory)).toMatchObject({ pidScope: 'another' });
  lock(elsewhere);
  expect(takeLock(directory)).toEqual(elsewhere);
  expect(claimLock(directory)).toEqual(elsewhere);
  expect(takeLock(directory, { ...elsewhere, pid: 8 })).toEqual(elsewhere);
  giveLock(directory, self);
  releaseLock(directory);
  expect(lockOwner(directory)).toEqual(elsewhere);
  expect(takeLock(directory, elsewhere)).toBeNull();
  expect(lockOwner(directory)).toEqual(self);
});

test('a lock of an earlier version is looked at by host and boot', () => {
  const { pid, processStart } = self;
  lock({ pid, processStart });
  expect(takeLock(directory)).toEqual({ pid, processStart });
  const boot = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
  if (process.platform === 'linux') {
    lock({ pid, processStart: `${boot}:1` });
    expect(takeLock(directory)).toEqual({ pid, processStart: `${boot}:1` });
  }
  lock({ pid, processStart: 'x', host: 'node-7' });
  expect(takeLock(directory)).toMatchObject({ host: 'node-7' });
  lock({ pid, processStart: 'x' });
  expect(takeLock(directory)).toBeNull();
});
