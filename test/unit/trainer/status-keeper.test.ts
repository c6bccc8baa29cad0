/** Who has the last word in `status.json`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunStatus } from '../../../src/runs/protocol/schema.js';
import { initialStatus } from '../../../src/runs/write/initial-status.js';
import { requestStop } from '../../../src/runs/write/stop-request.js';
import { RunWriter } from '../../../src/runs/write/writer.js';
import { StatusKeeper } from '../../../src/trainer/status-keeper.js';
import { scratch } from '../../scratch.js';

let directory: string;
let writer: RunWriter;
let log: string[];
let keeper: StatusKeeper;

beforeEach(() => {
  directory = scratch('keeper');
  mkdirSync(join(directory, 'control'));
  writer = new RunWriter(directory);
  log = [];
  keeper = new StatusKeeper(writer, (line) => log.push(line));
});
afterEach(() => {
  keeper.end('stopped', null);
});

const status = () => JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')) as RunStatus;
/** As Python writes it. */
const write = (change: Partial<RunStatus>) =>
  writeFileSync(
    join(directory, 'status.json'),
    JSON.stringify({ ...initialStatus(), startedAt: '2030-01-01T00:00:00.000Z', ...change }),
  );

test('an engine in this process: changes are written, the last word once, and the request is cleared', () => {
  expect(status().state).toBe('starting');
  requestStop(directory, 'checkpoint');
  keeper.change({ state: 'running', step: 3 });
  keeper.end('failed', { message: 'It broke.', hint: 'Repair it.' });
  keeper.end('stopped', null);
  keeper.change({ state: 'running' });
  expect(status()).toMatchObject({ state: 'failed', step: 3, error: { message: 'It broke.' } });
  expect(log).toEqual(['It broke. Repair it.', 'failed']);
  expect(writer.readStopRequest()).toBeNull();
});

test('the last word of the process that took over stays', async () => {
  keeper.handOver();
  write({ state: 'failed', step: 7, error: { message: 'Its own.', hint: '' } });
  keeper.change({ state: 'stopping' });
  keeper.end('stopped', null);
  requestStop(directory, 'now');
  expect(await keeper.takeBack()).toBe('failed');
  keeper.end('failed', { message: 'From outside.', hint: '' });
  expect(status()).toMatchObject({ state: 'failed', step: 7, error: { message: 'Its own.' } });
  expect(writer.readStopRequest()).toBeNull();
});

test('a process that leaves none is given one, with the figures that it left', async () => {
  keeper.handOver();
  write({ state: 'running', step: 7, tokens: 99 });
  expect(await keeper.takeBack()).toBeNull();
  keeper.end('failed', { message: 'From outside.', hint: '' });
  expect(status()).toMatchObject({
    state: 'failed',
    step: 7,
    tokens: 99,
    error: { message: 'From outside.' },
  });
});

test('a process that fails before it has begun leaves the run as far as it was', () => {
  keeper.change({ step: 7, totalSteps: 9, tokens: 70, checkpointStep: 5 });
  keeper.end('failed', { message: 'It broke.', hint: 'Repair it.' });
  const next = new StatusKeeper(writer, () => {}, status());
  expect(status()).toMatchObject({ state: 'starting', step: 7, totalSteps: 9, error: null });
  next.end('failed', { message: 'It broke again.', hint: 'Repair it.' });
  expect(status()).toMatchObject({ state: 'failed', step: 7, tokens: 70, checkpointStep: 5 });
});
