import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { initialStatus } from '../../../src/runs/write/initial-status.js';
import { LoadingBeats } from '../../../src/trainer/loading-beats.js';
import { scratch } from '../../scratch.js';

let directory: string;
const file = () => join(directory, 'status.json');

beforeAll(() => {
  directory = scratch('beats');
});

test('beats come through until their folder is taken away', () => {
  const status = initialStatus();
  const beats = new LoadingBeats(directory);
  expect(beats.beat(status)).toBe(true);
  expect(beats.beat({ ...status, heartbeat: '2030-01-01T00:00:00.000Z' })).toBe(true);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ heartbeat: '2030-01-01T00:00:00.000Z' });

  // Python is there, and has written nothing yet.
  renameSync(join(directory, 'control/loading'), join(directory, 'control/taken'));
  expect(beats.beat(status)).toBe(false);
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ heartbeat: '2030-01-01T00:00:00.000Z' });
  beats.end();
});

test('beats end before the status of another process', () => {
  const status = initialStatus();
  const beats = new LoadingBeats(directory);
  const other = JSON.stringify({ ...status, startedAt: '2030-01-01T00:00:00.000Z', state: 'finished' });
  writeFileSync(file(), other);
  expect(beats.beat(status)).toBe(false);
  expect(readFileSync(file(), 'utf8')).toBe(other);
  beats.end();
  expect(existsSync(join(directory, 'control/loading'))).toBe(false);
});
