import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { RunState } from '../../../src/runs/protocol/schema.js';
import { initialStatus } from '../../../src/runs/write/initial-status.js';
import { RunWriter } from '../../../src/runs/write/writer.js';
import { scratch } from '../../scratch.js';

let directory: string;
beforeEach(() => {
  directory = scratch('writer');
});

test.skipIf(process.platform !== 'linux')('on a full disk the last word of a run comes through', () => {
  const writer = new RunWriter(directory);
  const file = join(directory, 'status.json');
  writeFileSync(file, 'x'.repeat(4000));
  // Linux's device that is always full, in the place of the file that would replace the old one.
  const write = (state: RunState) => {
    symlinkSync('/dev/full', join(directory, `.status.json.${process.pid}.tmp`));
    writer.writeStatus({ ...initialStatus(), state });
  };
  expect(() => write('running')).toThrow(/ENOSPC/);
  expect(readFileSync(file, 'utf8')).toBe('x'.repeat(4000));
  write('failed');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ state: 'failed' });
});
