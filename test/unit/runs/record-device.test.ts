import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readManifest } from '../../../src/runs/protocol/json.js';
import { recordDevice } from '../../../src/runs/write/record-device.js';
import { scratch } from '../../scratch.js';
import { runOf } from '../views/fixtures.js';

const gpu = 'RTX 4060 (WebGPU)';

function run(): string {
  const directory = scratch('run');
  writeFileSync(join(directory, 'run.json'), JSON.stringify({ ...runOf().summary.manifest, notes: 'kept' }));
  return directory;
}

test('the device that the trainer found takes the place of what was expected', async () => {
  const directory = run();
  expect(await recordDevice(directory, 0, gpu)).toBeNull();
  const manifest = await readManifest(directory);
  expect(manifest).toMatchObject({ device: gpu, notes: 'kept' });
  expect(manifest.devices).toBeUndefined();
});

test('a resume on another device is recorded with the step before it', async () => {
  const directory = run();
  await recordDevice(directory, 0, gpu);
  expect(await recordDevice(directory, 50, gpu)).toBeNull();
  expect(await recordDevice(directory, 50, 'CPU, 2 threads')).toBe(gpu);
  expect(await recordDevice(directory, 75, 'CPU, 8 threads')).toBeNull();
  expect(await readManifest(directory)).toMatchObject({
    device: `${gpu} → CPU, 2 threads`,
    devices: [
      { step: 0, device: gpu },
      { step: 50, device: 'CPU, 2 threads' },
    ],
  });
  // From an older checkpoint, back on the GPU: what came after it is done again.
  expect(await recordDevice(directory, 25, gpu)).toBeNull();
  const manifest = await readManifest(directory);
  expect(manifest.device).toBe(gpu);
  expect(manifest.devices).toBeUndefined();
});

test('another count of threads is the same device', async () => {
  const directory = run();
  expect(await recordDevice(directory, 0, 'CPU, 8 threads')).toBeNull();
  expect(await recordDevice(directory, 9, 'CPU, 8 threads')).toBeNull();
  expect((await readManifest(directory)).devices).toBeUndefined();
});
