/** Training whose state stays on the device: as on the processor, and without growth. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DeviceMemory } from '../../src/engines/embedded/device-memory.js';
import { createLearner, type Learner } from '../../src/engines/embedded/learner.js';
import { adaptPolicy, readAdapters, readBase } from '../../src/engines/embedded/model/adapted-policy.js';
import { trainedValues, weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import { initializeParameters } from '../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../src/engines/embedded/model/parameters.js';
import { openPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import type { OptimizerState } from '../../src/engines/embedded/optimizer.js';
import { type RuntimeOptions, runtimeOptions } from '../../src/engines/embedded/provider.js';
import { chunkSequences, scatterToGrid } from '../../src/engines/embedded/sequences.js';
import { largestError, loadCase, relativeError } from '../unit/engines/embedded/parity-case.js';
import { fixturePolicy } from '../unit/engines/embedded/saved-policy.js';

const parity = loadCase('tied-grouped');
const { config, blocks, sequences } = parity;
const gpu = runtimeOptions(1, 'webgpu');
const settings = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, gradientClip: 0.5 };

/** PEFT's adapters on the policy of the case. */
function adaptedCase() {
  const base = readBase(openPolicyFolder(fixturePolicy('tied-grouped')), 'tied-grouped', false);
  const folder = join(import.meta.dirname, '../fixtures/qwen3/tied-grouped/adapters');
  const { lora, adapters, values } = readAdapters(folder, base.config);
  return adaptPolicy(base, lora, adapters, values);
}

const common = { objective: { kind: 'supervised' }, passes: {}, optimization: settings } as const;

function learner(weights: Float32Array, options = gpu, resumed: OptimizerState | null = null) {
  return createLearner({ ...common, config, blocks, weights, resumed }, options);
}

const chunks = chunkSequences(sequences, 3, config.padTokenId);

async function updates({ accumulator, weights, update }: Learner, count: number): Promise<number[]> {
  const norms: number[] = [];
  for (let step = 0; step < count; step++) {
    accumulator.reset();
    for (const chunk of chunks) {
      await accumulator.add(weights, chunk, 1, { weights: scatterToGrid(chunk, sequences, () => 0.05) });
    }
    norms.push(await update(1e-3));
  }
  return norms;
}

describe('training on the device', () => {
  test('updates equal those of the processor', async () => {
    const [onCpu, onGpu] = [parity.weights.slice(), parity.weights.slice()];
    const host = await learner(onCpu, runtimeOptions(1));
    const device = await learner(onGpu);
    const expected = await updates(host, 5);
    const found = await updates(device, 5);
    expect(largestError(found, expected)).toBeLessThan(1e-4 * expected[0]!);
    const [hostState, deviceState] = [await host.state(), await device.state()];
    expect(relativeError(onGpu, onCpu)).toBeLessThan(1e-5);
    expect(onGpu).not.toEqual(parity.weights);
    expect(relativeError(deviceState.firstMoment, hostState.firstMoment)).toBeLessThan(1e-4);
    expect(relativeError(deviceState.secondMoment, hostState.secondMoment)).toBeLessThan(1e-4);
    expect(deviceState.updates).toBe(5);
    await host.release();
    await device.release();
  });

  test('goes on from its state, bit for bit', async () => {
    const [straight, resumed] = [parity.weights.slice(), parity.weights.slice()];
    const whole = await learner(straight);
    await updates(whole, 4);
    const end = await whole.state();
    await whole.release();
    const first = await learner(resumed);
    await updates(first, 2);
    const middle = await first.state();
    await first.release();
    const second = await learner(resumed, gpu, middle);
    await updates(second, 2);
    expect(await second.state()).toEqual(end);
    expect(resumed).toEqual(straight);
    await second.release();
  });

  test.each(['all weights', 'adapters'])('layer by layer, %s: as on the processor', async (what) => {
    const train = async (options: RuntimeOptions, byLayers: boolean) => {
      const model = what === 'adapters' ? adaptedCase() : { ...parity, weights: parity.weights.slice() };
      const passes = { byLayers };
      const made = await createLearner({ ...common, ...model, passes, resumed: null }, options);
      const norms = await updates(made, 3);
      const state = await made.state();
      await made.release();
      return { norms, state, weights: trainedValues(model.weights) };
    };
    const expected = await train(runtimeOptions(1), false);
    for (const byLayers of [true, false]) {
      const found = await train(gpu, byLayers);
      expect(largestError(found.norms, expected.norms)).toBeLessThan(1e-4 * expected.norms[0]!);
      expect(relativeError(found.weights, expected.weights)).toBeLessThan(1e-4);
      expect(relativeError(found.state.firstMoment, expected.state.firstMoment)).toBeLessThan(1e-4);
      expect(relativeError(found.state.secondMoment, expected.state.secondMoment)).toBeLessThan(1e-4);
    }
  });

  test('updates leave nothing behind, layer by layer neither', async () => {
    const one = { ...config, layers: 1 };
    const layout = parameterLayout(one);
    const model = {
      config: one,
      blocks: weightBlocks(one, layout),
      weights: initializeParameters(layout, 1),
    };
    for (const byLayers of [false, true]) {
      const device = await createLearner({ ...common, ...model, passes: { byLayers }, resumed: null }, gpu);
      await updates(device, 5);
      const before = process.memoryUsage.rss();
      await updates(device, 20);
      expect(process.memoryUsage.rss() - before).toBeLessThan(40 * 2 ** 20);
      await device.release();
    }
  });
});

test('a tensor comes back as it was uploaded, and its memory once', async () => {
  const memory = new DeviceMemory(gpu);
  const data = Float32Array.of(1, -2, 3, 4, 5, 6);
  const tensor = await memory.upload({ data, shape: [2, 3] });
  expect(await memory.download(tensor)).toEqual(data);
  tensor.dispose();
  tensor.dispose();
  const numbers = Int32Array.of(2 ** 30, -7);
  const left = await memory.upload({ data: numbers, shape: [2] });
  expect(await memory.download(left)).toEqual(numbers);
  await memory.release();
  left.dispose();
});
