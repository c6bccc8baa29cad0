/** What training takes of this machine's memory, and how responses are sampled within it. */
import { expect, test } from 'vitest';
import {
  embeddedMemoryWarning,
  estimateEmbedded,
  memoryOf,
  processorPlace,
  wantsHalves,
} from '../../../../src/engines/embedded/plan/memory.js';
import { rowsPerBatch } from '../../../../src/engines/embedded/plan/sampling-size.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { sampleInBatches } from '../../../../src/engines/embedded/sample-batches.js';
import { modelShape } from '../../../../src/engines/memory/index.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { fillUniform } from '../../../../src/random.js';
import { options } from './device.js';
import { loadCase } from './parity-case.js';

const gib = 2 ** 30;
const experiment = (torch: object, policy = 'Qwen/Qwen3-0.6B') =>
  experimentSchema.parse({
    policy,
    task: { name: 'problems' },
    rollout: { promptsPerStep: 8, groupSize: 8, maxNewTokens: 512 },
    torch,
  });

test('adapters on Qwen3-0.6B fit a machine of 16 GB, all weights do not', () => {
  const adapted = memoryOf(experiment({ lora: {} }), processorPlace, 16 * gib)!;
  expect(adapted.bytes).toBeLessThan(9 * gib);
  expect(embeddedMemoryWarning(experiment({ lora: {} }), 16 * gib)).toBeNull();
  expect(embeddedMemoryWarning(experiment({}), 12 * gib)).toMatch(
    /^Training may not fit: it takes about 1\d GiB: .*optimizer \(AdamW\) 4\.4 GiB.*; this machine has 12 GiB of memory\. To use less: torch\.lora, a smaller policy\.$/,
  );
  // Kept, activations would need many times the memory.
  expect(
    embeddedMemoryWarning(experiment({ lora: {}, gradientCheckpointing: false, rowsPerPass: 8 }), 16 * gib),
  ).toMatch(
    /activations of the update \d+ GiB.* To use less: torch\.gradientCheckpointing true, a lower torch\.rowsPerPass or rollout\.maxNewTokens\.$/,
  );
  expect(memoryOf(experiment({}, 'someone/unknown'))).toBeNull();
});

test('frozen weights stay in 16 bits only where 32 do not fit', () => {
  const large = experiment({ lora: {} }, 'Qwen/Qwen3-1.7B');
  const shape = modelShape('Qwen/Qwen3-1.7B')!;
  expect(wantsHalves(large, shape, processorPlace, 64 * gib)).toBe(false);
  expect(wantsHalves(large, shape, processorPlace, 12 * gib)).toBe(true);
  // What is stored in 32 bits stays so, and the estimate says it.
  expect(wantsHalves(large, { ...shape, inHalves: false }, processorPlace, 12 * gib)).toBe(false);
  const weights = (inHalves: boolean) =>
    estimateEmbedded(large, shape, inHalves).parts.find(({ name }) => name.startsWith('frozen'))!.bytes;
  expect(weights(true) / weights(false)).toBeCloseTo(0.5, 1);
});

test('on a GPU its memory decides on 16 bits, not that of the machine; where it is not known, that of a small one', () => {
  const large = experiment({ lora: {} }, 'Qwen/Qwen3-1.7B');
  const shape = modelShape('Qwen/Qwen3-1.7B')!;
  const on = (gpu: number | null, machine: number) =>
    wantsHalves(large, shape, { device: 'webgpu', memoryBytes: gpu && gpu * gib }, machine * gib);
  expect(on(8, 64)).toBe(true);
  expect(on(24, 12)).toBe(false);
  expect(on(null, 64)).toBe(true);
  // The weights get there through the memory of the machine.
  expect(on(24, 6)).toBe(true);
  const small = experiment({ lora: {} });
  const smallShape = modelShape('Qwen/Qwen3-0.6B')!;
  const unknown = { device: 'webgpu', memoryBytes: null } as const;
  expect(wantsHalves(small, smallShape, unknown, 16 * gib)).toBe(
    wantsHalves(small, smallShape, { device: 'webgpu', memoryBytes: 8 * gib }, 16 * gib),
  );
  // It may be a part of the machine's.
  expect(wantsHalves(small, smallShape, unknown, 8 * gib)).toBe(true);
  // The estimate is of what is decided.
  const bytesOn = (gpu: number) =>
    memoryOf(large, { device: 'webgpu', memoryBytes: gpu * gib }, 64 * gib)!.parts.find(({ name }) =>
      name.startsWith('frozen'),
    )!.bytes;
  expect(bytesOn(8) / bytesOn(24)).toBeCloseTo(0.5, 1);
});

test('responses are the same however many are sampled at once', async () => {
  const { config, blocks, weights, sequences } = loadCase('tied-grouped');
  const sampler = new Sampler(config, blocks, options);
  const request = {
    prompts: [0, 3, 4].map((index) => sequences[index]!.prompt),
    samplesPerPrompt: 4,
    maxNewTokens: 9,
    temperature: 1,
    fillUniforms: (target: Float32Array, position: number) => fillUniform(target, 5, 6, position * 12),
  };
  const whole = await sampleInBatches(sampler, config, weights, request);
  const tokens = whole.responses.map((response) => response.tokens);
  for (const rows of [12, 9, 4, 3, 1]) {
    const parts = await sampleInBatches(sampler, config, weights, request, rows);
    expect(parts.responses.map((response) => response.tokens)).toEqual(tokens);
    expect(parts.responses.every((response) => response !== undefined)).toBe(true);
    for (const [index, value] of parts.probabilitySums.entries()) {
      expect(value).toBeCloseTo(whole.probabilitySums[index]!, 4);
    }
  }
  await sampler.release();
  // Of a large model a few: the keys and values of one response take more than 100 MiB.
  const real = { ...config, vocabSize: 151_936, layers: 28, kvHeads: 8, headDim: 128 };
  expect(rowsPerBatch(real, 768)).toBeGreaterThan(8);
  expect(rowsPerBatch(real, 768)).toBeLessThan(32);
  expect(rowsPerBatch(real, 40_960)).toBe(1);
});
