/** What is asked before a start on a GPU whose memory is known, or is not. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryWarning } from '../../../../src/engines/devices/foresee.js';
import { lookAtGraphics } from '../../../../src/engines/devices/graphics.js';
import { DeviceMemory } from '../../../../src/engines/devices/memory.js';
import { embeddedMemoryWarning } from '../../../../src/engines/embedded/plan/memory.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { scratch } from '../../../scratch.js';

beforeEach(() => {
  vi.stubEnv('G2RL_CACHE', scratch('cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const program = join(import.meta.dirname, 'engine-worker.cjs');
const large = (device: string) =>
  experimentSchema.parse({
    policy: 'Qwen/Qwen3-32B',
    task: { name: 'problems' },
    torch: { lora: {} },
    device,
  });

async function knownGpu(gibibytes: number | null): Promise<void> {
  new DeviceMemory((await lookAtGraphics(program)).key).keepAdapter({
    name: 'RTX 4060',
    software: false,
    maxBufferBytes: null,
    memoryBytes: gibibytes && gibibytes * 2 ** 30,
    float16: true,
    speed: null,
    failure: null,
  });
}

test('is of the memory where it will compute', async () => {
  const ofMachine = embeddedMemoryWarning(large('cpu'));
  expect(await memoryWarning(large('cpu'), program)).toBe(ofMachine);
  // Nothing is known of the GPU: the memory of the machine says nothing about it.
  expect(await memoryWarning(large('webgpu'), program)).toBeNull();
  await knownGpu(8);
  expect(await memoryWarning(large('webgpu'), program)).toMatch(
    /^Training may not fit: RTX 4060 has 8\.0 GiB of memory; this takes about \d+ GiB: frozen weights and adapters \d+ GiB.*\. To use less: /,
  );
  // It is not taken for what does not fit it.
  expect(await memoryWarning(large('auto'), program)).toBe(ofMachine);
  await knownGpu(512);
  expect(await memoryWarning(large('webgpu'), program)).toBeNull();
});
