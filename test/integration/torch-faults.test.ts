/** Faults of the torch engine's process, its disk and its environment, each with a last word and nothing left behind. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startTrainer } from '../../src/runs/control/launch.js';
import { readStatus } from '../../src/runs/protocol/json.js';
import { scratch } from '../scratch.js';
import { requirePython, torchPlace } from './python.js';
import { makeTorchRun, processesOf, short, stateOf, until } from './torch-runs.js';
import { trainerPath, writeTinyPolicy } from './trainer.js';

let root: string;

beforeAll(() => {
  root = scratch('faults');
  writeTinyPolicy(join(root, 'policy'), 20);
});

test.skipIf(process.platform !== 'linux')('a full disk that takes no word of the log', async (context) => {
  const python = requirePython(context);
  const { directory } = await makeTorchRun(root, short);
  // Linux's device that is always full.
  for (const name of ['log.txt', 'groups.jsonl']) symlinkSync('/dev/full', join(directory, name));
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('the end', async () => (await stateOf(directory)) === 'failed', 60);
  const { error } = (await readStatus(directory))!;
  expect(error?.message).toContain('No space left');
  expect(error?.hint).toMatch(/^The disk is full/);
  await until('every process to end', () => processesOf(directory).length === 0, 20);
});
