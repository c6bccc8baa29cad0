import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogTail } from '../../../src/runs/read/log-tail.js';
import { scratch } from '../../scratch.js';

test('a log is read from where it was left, also within a line and within a character', async () => {
  const folder = scratch();
  const tail = new LogTail(folder);
  await expect(tail.read()).rejects.toThrow('ENOENT');
  const bytes = Buffer.from('step 1\nfür');
  writeFileSync(tail.file, bytes.subarray(0, 9));
  expect(await tail.read()).toEqual({ text: 'step 1\nf', skippedBytes: 0, reset: false });
  appendFileSync(tail.file, bytes.subarray(9));
  expect(await tail.read()).toEqual({ text: 'ür', skippedBytes: 0, reset: false });
  expect(await tail.read()).toEqual({ text: '', skippedBytes: 0, reset: false });
  writeFileSync(tail.file, 'new');
  expect(await tail.read()).toEqual({ text: 'new', skippedBytes: 0, reset: true });
});

test('of a long log the end is read', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'log.txt'), `${'a'.repeat(250)}${'b'.repeat(1_000_000)}`);
  const { text, skippedBytes } = await new LogTail(folder).read();
  expect(skippedBytes).toBe(250);
  expect(text).toBe('b'.repeat(1_000_000));
});
