import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { pruneCheckpoints } from '../../../../src/engines/embedded/model/checkpoint.js';
import { checkpointDirectory } from '../../../../src/runs/protocol/paths.js';
import { listCheckpoints } from '../../../../src/runs/read/checkpoint-folder.js';
import { scratch } from '../../../scratch.js';

const removal = vi.hoisted(() => ({ isCutOff: false }));
// A removal that is cut off after the first file.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const cutOff: typeof fs.rmSync = (path, options) => {
    if (!removal.isCutOff) return fs.rmSync(path, options);
    fs.rmSync(join(String(path), 'config.json'));
    throw new Error('killed');
  };
  return { ...fs, rmSync: cutOff };
});

const run = scratch('prune');
afterEach(() => {
  removal.isCutOff = false;
});

test('a kill while old checkpoints are removed leaves no half one for readers', async () => {
  for (const step of ['step-000002', 'step-000004']) {
    mkdirSync(join(run, 'checkpoints', step), { recursive: true });
    for (const file of ['config.json', 'model.safetensors']) {
      writeFileSync(join(run, 'checkpoints', step, file), '');
    }
  }
  removal.isCutOff = true;
  const known = new Map([[checkpointDirectory(run, 4), true]]);
  expect(() => pruneCheckpoints(run, 1, known)).toThrow('killed');
  expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([4]);
  removal.isCutOff = false;
  pruneCheckpoints(run, 0);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000004']);
  expect(existsSync(join(run, 'checkpoints', 'step-000004', 'config.json'))).toBe(true);
});
