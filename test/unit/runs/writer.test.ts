import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunState } from '../../../src/runs/protocol/run-states.js';
import { initialStatus } from '../../../src/runs/write/initial-status.js';
import { RunWriter } from '../../../src/runs/write/writer.js';
import { scratch } from '../../scratch.js';
import { groupRecord, stepMetrics } from './records.js';

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  // Linux's device that is always full, in the place of the file that would replace the old one.
  const open: typeof fs.openSync = (path, ...rest) =>
    fs.openSync(disk.isFull && String(path).endsWith('.tmp') ? '/dev/full' : path, ...rest);
  return { ...fs, openSync: open };
});
afterEach(() => {
  disk.isFull = false;
});

let directory: string;
beforeEach(() => {
  directory = scratch('writer');
});

test.skipIf(process.platform !== 'linux')('on a full disk the last word of a run comes through', () => {
  const writer = new RunWriter(directory);
  const file = join(directory, 'status.json');
  writeFileSync(file, 'x'.repeat(4000));
  disk.isFull = true;
  const write = (state: RunState) => writer.writeStatus({ ...initialStatus(), state });
  expect(() => write('running')).toThrow(/ENOSPC/);
  expect(readFileSync(file, 'utf8')).toBe('x'.repeat(4000));
  write('failed');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ state: 'failed' });
});

test('the texts of a step are there before its groups, and both before its metrics', () => {
  const writer = new RunWriter(directory);
  const text = { text: '3+4', answer: '3+4', reward: 1, finished: true, reason: 'right' };
  const rollout = { step: 2, group: 0, prompt_id: 'p0', prompt: '3 4 → 7', responses: [text] };
  const step = { metrics: stepMetrics(2), groups: [groupRecord(2, 0)], rollouts: [rollout] };
  const lines = (file: string) => readFileSync(join(directory, file), 'utf8');
  // A file that cannot be appended to stops the writing where it stands.
  mkdirSync(join(directory, 'groups.jsonl'));
  expect(() => writer.writeStep(step)).toThrow(/groups\.jsonl cannot be written/);
  expect(JSON.parse(lines('rollouts/step-000002.jsonl'))).toEqual(rollout);
  expect(() => lines('metrics.jsonl')).toThrow(/ENOENT/);
  // A folder that was moved away is not made again.
  const gone = new RunWriter(join(directory, 'gone'));
  expect(() => gone.writeStep(step)).toThrow(/cannot be created \(ENOENT\)/);
  expect(existsSync(gone.directory)).toBe(false);
});
