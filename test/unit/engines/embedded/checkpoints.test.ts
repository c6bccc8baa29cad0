/** Checkpoints on disk: exact round trips, and every kind of damage named. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type KnownCheckpoints,
  newestCheckpoint,
  pruneCheckpoints,
  readCheckpoint,
  readWholePolicy,
  writeCheckpoint,
  writeFolder,
} from '../../../../src/engines/embedded/model/checkpoint.js';
import { readPolicyFolder } from '../../../../src/engines/embedded/model/policy-folder.js';
import { KnownError } from '../../../../src/errors.js';
import { scratch } from '../../../scratch.js';

import { tinyPolicy } from './saved-policy.js';

function saveCheckpoint(run: string, step: number): string {
  const policy = tinyPolicy();
  const moment = (scale: number) => policy.weights.map((value) => value * scale);
  return writeCheckpoint(run, {
    policy,
    firstMoment: moment(0.5),
    secondMoment: moment(0.25),
    state: { schema: 1, step, optimizerSteps: step, tokens: 10 * step, policyChecksum: 'x' },
  });
}

test('a checkpoint gives back policy, optimizer and state, and leaves nothing beside it', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 7);
  const read = readCheckpoint(folder);
  const { weights } = tinyPolicy();
  expect(read.policy.weights).toEqual(weights);
  expect(read.firstMoment).toEqual(weights.map((value) => value * 0.5));
  expect(read.secondMoment).toEqual(weights.map((value) => value * 0.25));
  expect(read.state).toMatchObject({ step: 7, optimizerSteps: 7, tokens: 70 });
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000007']);
});

test('a damaged checkpoint is passed over with its reason', () => {
  const run = scratch();
  saveCheckpoint(run, 5);
  const damaged = saveCheckpoint(run, 10);
  const cut = saveCheckpoint(run, 15);
  const file = join(damaged, 'model.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(file, bytes);
  truncateSync(join(cut, 'trainer/optimizer.safetensors'), 100);
  const { checkpoint, skipped } = newestCheckpoint(run, readWholePolicy);
  expect(checkpoint?.state.step).toBe(5);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/step-000015.*optimizer\.safetensors: does not match its checksum/),
    expect.stringMatching(/step-000010.*model\.safetensors: does not match its checksum/),
  ]);
});

test('a file without a checksum is as bad as one with another: a flipped weight is never read', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 5);
  const file = join(folder, 'trainer/checksums.json');
  const checksums = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const weights = join(folder, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(weights, bytes);
  writeFileSync(file, '{}');
  expect(newestCheckpoint(run, readWholePolicy)).toMatchObject({
    checkpoint: null,
    skipped: [{ directory: folder }],
  });
  for (const name of Object.keys(checksums)) {
    const { [name]: _, ...others } = checksums;
    writeFileSync(file, JSON.stringify(others));
    expect(() => readCheckpoint(folder)).toThrow(`trainer/checksums.json: has no checksum of ${name}.`);
  }
  writeFileSync(join(folder, 'chat_template.jinja'), 'new');
  writeFileSync(file, JSON.stringify(checksums));
  expect(() => readCheckpoint(folder)).toThrow('has no checksum of chat_template.jinja.');
});

test('checksums of files outside the checkpoint are refused', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 5);
  const file = join(folder, 'trainer/checksums.json');
  const checksums = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  writeFileSync(file, JSON.stringify({ ...checksums, '../../secret': '0' }));
  expect(() => readCheckpoint(folder)).toThrow(
    'trainer/checksums.json: names "../../secret", which is not a file of this folder.',
  );
});

test('pruning keeps the newest and removes what interrupted writes left', () => {
  const run = scratch();
  for (const step of [1, 2, 3]) saveCheckpoint(run, step);
  mkdirSync(join(run, 'checkpoints/.partial-step-000004-1'));
  pruneCheckpoints(run, 2);
  expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['step-000002', 'step-000003']);
  pruneCheckpoints(run, 0);
  expect(existsSync(join(run, 'checkpoints/step-000002'))).toBe(true);
});

test('damaged checkpoints do not count, and push no whole one out', () => {
  const run = scratch();
  const names = () => readdirSync(join(run, 'checkpoints')).toSorted();
  const known: KnownCheckpoints = new Map();
  for (const step of [30, 35, 40, 45, 50]) saveCheckpoint(run, step);
  for (const step of ['45', '50']) {
    truncateSync(join(run, `checkpoints/step-0000${step}/model.safetensors`), 100);
  }
  pruneCheckpoints(run, 2, known);
  expect(names()).toEqual(['step-000035', 'step-000040', 'step-000045', 'step-000050']);
  known.set(saveCheckpoint(run, 42), true);
  pruneCheckpoints(run, 2, known);
  expect(names()).toEqual(['step-000040', 'step-000042', 'step-000045', 'step-000050']);
  known.set(saveCheckpoint(run, 45), true);
  known.set(saveCheckpoint(run, 50), true);
  pruneCheckpoints(run, 2, known);
  expect(names()).toEqual(['step-000045', 'step-000050']);
});

test('what is no file or no folder is named, and not waited for', () => {
  const run = scratch();
  writeFileSync(join(run, 'checkpoints'), '');
  expect(() => newestCheckpoint(run, readWholePolicy)).toThrow('checkpoints cannot be read (ENOTDIR)');
  expect(() => pruneCheckpoints(run, 1)).toThrow('checkpoints cannot be read (ENOTDIR)');
  if (process.platform !== 'linux') return;
  for (const name of ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer/checksums.json']) {
    const other = scratch();
    const file = join(saveCheckpoint(other, 1), name);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    const refused = () => readPolicyFolder(join(other, 'checkpoints/step-000001'));
    if (!name.startsWith('trainer')) expect(refused).toThrow(/is a device or a pipe/);
    expect(newestCheckpoint(other, readWholePolicy).skipped[0]?.reason).toMatch(/is a device or a pipe/);
  }
});

test('a checkpoint that cannot be written leaves the older ones and says what to do', () => {
  const run = scratch();
  const file = join(run, 'blocked');
  writeFileSync(file, '');
  expect(() => saveCheckpoint(file, 1)).toThrow(/cannot be written/);
  expect(readdirSync(run)).toEqual(['blocked']);
});

test('what to do about a folder that cannot be written is said for what writes it', () => {
  // A file where a folder must be: as unwritable for root as for anyone.
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  const hint = (write: () => void) => {
    try {
      write();
    } catch (error) {
      return error instanceof KnownError ? error.hint : null;
    }
    return null;
  };
  expect(hint(() => saveCheckpoint(file, 1))).toMatch(/, then resume the run\.$/);
  expect(hint(() => writeFolder(join(file, 'policy'), new Map(), 'start again'))).toMatch(
    /, then start again\.$/,
  );
});

test('a run folder that was moved away is not made again by a checkpoint', () => {
  const gone = join(scratch(), 'moved');
  expect(() => saveCheckpoint(gone, 1)).toThrow(/cannot be written/);
  expect(existsSync(gone)).toBe(false);
});
