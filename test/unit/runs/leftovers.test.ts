import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { createRun } from '../../../src/runs/control/launch.js';
import { removeTemporaryFiles } from '../../../src/runs/control/leftovers.js';
import * as files from '../../../src/runs/protocol/files.js';
import { scratch } from '../../scratch.js';

const gone = spawnSync(process.execPath, ['-e', '']).pid;
const experiment = { ...experimentSchema.parse({}), policy: 'owner/name' };
const create = (runsDirectory: string) =>
  createRun({
    experiment,
    experimentFile: null,
    runsDirectory,
    mediaDirectory: runsDirectory,
    version: '0.0.0',
  });

afterEach(() => {
  vi.restoreAllMocks();
});

test('a run that a killed process did not finish is removed when the next one is made', async () => {
  const root = scratch('runs');
  const folder = (name: string, minutes: number) => {
    mkdirSync(join(root, name, 'control'), { recursive: true });
    const time = new Date(Date.now() - minutes * 60_000);
    utimesSync(join(root, name), time, time);
  };
  folder(`.20260101-000000-a-0000.${gone}.new`, 20);
  folder('.20260101-000000-b-0000.new', 20);
  folder(`.20260101-000000-c-0000.${process.pid}.new`, 20);
  folder(`.20260101-000000-d-0000.${gone}.new`, 1);
  folder('.mine.new', 20);
  const { id } = await create(root);
  expect(readdirSync(root).toSorted()).toEqual(
    [
      `.20260101-000000-c-0000.${process.pid}.new`,
      `.20260101-000000-d-0000.${gone}.new`,
      '.mine.new',
      id,
    ].toSorted(),
  );
});

test('temporary files of processes that are gone are removed from a run', () => {
  const root = scratch('run');
  for (const folder of ['control', 'checkpoints', 'rollouts', 'evaluations']) mkdirSync(join(root, folder));
  const dead = [
    `.status.json.${gone}.tmp`,
    `.run.json.${gone}.139.tmp`,
    `.status.json.${gone}.0a1b2c3d.tmp`,
    `control/launch.lock.${gone}`,
    `control/.launch.lock.takeover.${gone}.0a1b2c3d.tmp`,
    `checkpoints/.x.${gone}.tmp`,
    `rollouts/.step-000001.jsonl.${gone}.tmp`,
    `evaluations/.x.${gone}.tmp`,
  ];
  const kept = ['status.json', `.status.json.${process.pid}.tmp`, '.note.tmp', 'control/launch.lock'];
  for (const name of [...dead, ...kept]) writeFileSync(join(root, name), '');
  removeTemporaryFiles(root);
  expect(dead.filter((name) => existsSync(join(root, name)))).toEqual([]);
  expect(kept.filter((name) => existsSync(join(root, name)))).toEqual(kept);
});

test('a full disk leaves nothing, and does not speak of resuming a run that is not there', async () => {
  const root = scratch('full');
  vi.spyOn(files, 'atomicWriteJson').mockImplementation((file) => {
    throw files.runFileError(Object.assign(new Error('full'), { code: 'ENOSPC' }), 'written', file);
  });
  const error: unknown = await create(root).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    message: expect.stringContaining('ENOSPC') as string,
    hint: expect.stringMatching(/Free some space, then start it again/) as string,
  });
  expect(readdirSync(root)).toEqual([]);
});
