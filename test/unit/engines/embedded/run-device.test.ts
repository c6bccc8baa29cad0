import { expect, test } from 'vitest';
import { RunDevice } from '../../../../src/engines/embedded/run-device.js';
import { readManifest } from '../../../../src/runs/protocol/json.js';
import { makeRun } from '../../../integration/trainer.js';

test('a GPU that fails is blamed with what to do, and its programs are left alone', async () => {
  const directory = makeRun();
  const run = { directory, manifest: await readManifest(directory) };
  const progress: object[] = [];
  const asked: unknown[] = [];
  const device = new RunDevice(run, {
    chooseDevice: async (_, experiment) => {
      asked.push(experiment?.policy);
      return { device: 'webgpu', name: 'RTX 4060 (WebGPU)', memoryBytes: 2 ** 33 };
    },
    onProgress: (change) => progress.push(change),
    log: () => {},
  });
  const chosen = await device.choose('/cache/of/a/hub/policy');
  expect(chosen.memoryBytes).toBe(2 ** 33);
  expect(await device.record(0, chosen)).toEqual({ threads: 1, device: 'webgpu' });
  // The step is measured with the policy's files, not with its name.
  expect(asked).toEqual(['/cache/of/a/hub/policy']);
  expect(progress).toEqual([{ device: 'RTX 4060 (WebGPU)' }]);
  expect((await readManifest(directory)).device).toBe('RTX 4060 (WebGPU)');
  expect(device.hasFailed).toBe(false);
  expect(device.explain(new Error('WebGPU device lost (2): reset'))).toMatchObject({
    message: 'RTX 4060 (WebGPU) has failed: WebGPU device lost (2): reset',
    hint: expect.stringContaining('g2rl resume run --device cpu'),
  });
  expect(device.hasFailed).toBe(true);
});
