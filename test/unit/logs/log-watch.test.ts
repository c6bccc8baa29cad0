import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { findLogs } from '../../../src/logs/find.js';
import { LogWatch, Pace } from '../../../src/logs/log-watch.js';
import { scratch } from '../../scratch.js';

let stop = new AbortController();
afterEach(() => stop.abort());

/** Whether a look becomes due sooner than without a report. */
async function isReported(watch: LogWatch, change: () => void): Promise<boolean> {
  // The wait for a report is as long as it gets where none came.
  for (let look = 0; look < 6; look++) watch.pace.looked(false, performance.now());
  const next = watch.next(false).then(() => true);
  await sleep(400);
  change();
  return Promise.race([next, sleep(3000).then(() => false)]);
}

async function watched(path: string): Promise<LogWatch> {
  stop = new AbortController();
  const [run] = await findLogs(path);
  return LogWatch.start(run!, stop.signal);
}

test('looks without a report become seldom, and often again where growth was not reported', () => {
  const pace = new Pace();
  let now = 0;
  const waits = (looks: number, hasGrown = false) =>
    Array.from({ length: looks }, () => {
      now += pace.milliseconds;
      pace.looked(hasGrown, now);
      return pace.milliseconds / 1000;
    });
  pace.reported(0);
  expect(waits(6)).toEqual([2, 4, 8, 16, 30, 30]);
  // A line without a newline is taken some time after its report.
  pace.reported(now);
  expect(waits(3)).toEqual([2, 4, 8]);
  expect(waits(1, true)).toEqual([1]);
  expect(waits(5)).toEqual([2, 4, 8, 16, 30]);
  // On a drive of another machine nobody reports.
  expect(waits(1, true)).toEqual([1]);
  expect(waits(5)).toEqual([2, 4, 5, 5, 5]);
  pace.reported(now);
  expect(waits(6).at(-1)).toBe(30);
  pace.unwatched();
  expect(waits(2).at(-1)).toBe(5);
});

test('what is added to a file, or to files below a folder, is reported', async () => {
  const folder = scratch('logs');
  const table = join(folder, 'table.jsonl');
  writeFileSync(table, '{"step": 1, "loss": 2}\n');
  const one = await watched(table);
  expect(await isReported(one, () => appendFileSync(table, '{"step": 2}\n'))).toBe(true);
  expect(await isReported(one, () => writeFileSync(join(folder, 'other.jsonl'), 'x'))).toBe(false);
  const other = join(folder, 'newer');
  writeFileSync(other, '{"step": 1, "loss": 3}\n');
  expect(await isReported(one, () => renameSync(other, table))).toBe(true);

  const output = join(folder, 'grpo');
  mkdirSync(join(output, 'checkpoint-2'), { recursive: true });
  writeFileSync(join(output, 'checkpoint-2', 'trainer_state.json'), '{"log_history": []}');
  const run = await watched(output);
  const events = join(output, 'runs', 'Nov26_machine');
  expect(await isReported(run, () => mkdirSync(events, { recursive: true }))).toBe(true);
  expect(await isReported(run, () => writeFileSync(join(events, 'a.tfevents.1'), 'x'))).toBe(true);
  expect(await isReported(run, () => rmSync(output, { recursive: true }))).toBe(true);
}, 60_000);
