/** What a run asks of a GPU, and the part of its step that is measured there. */
import { expect, test } from 'vitest';
import {
  largestBuffers,
  needsOfEvaluation,
  needsOfRun,
} from '../../../../src/engines/embedded/plan/device-buffers.js';
import { trialPart } from '../../../../src/engines/embedded/plan/trial-part.js';
import { policySizes, updatePass } from '../../../../src/engines/embedded/plan/update-pass.js';
import { modelShape } from '../../../../src/engines/memory/index.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { fixturePolicy } from './saved-policy.js';

const large = 'Qwen/Qwen3-0.6B';
const shape = modelShape(large)!;
const experiment = (settings: object = {}) =>
  experimentSchema.parse({
    policy: large,
    task: { name: 'problems' },
    rollout: { promptsPerStep: 8, groupSize: 8, maxNewTokens: 512 },
    ...settings,
  });

function buffersOf(settings: object): Record<string, number> {
  const buffers = largestBuffers(experiment(settings), shape);
  return Object.fromEntries(buffers.map(({ name, bytes }) => [name, bytes]));
}

test('frozen weights are a buffer a matrix, trained ones are one', () => {
  const adapted = buffersOf({ torch: { lora: {} } });
  expect(adapted['the weights']).toBeUndefined();
  expect(adapted['the weights of the largest matrix']).toBe(4 * 151_936 * 1024);
  expect(buffersOf({})['the weights']).toBeGreaterThan(4 * 0.59e9);
});

test('logits are in parts where passes go layer by layer, and all of a pass where it is one graph', () => {
  const byLayers = buffersOf({ torch: { lora: {} } });
  expect(byLayers['the logits of an update']).toBeLessThanOrEqual(2 ** 27);
  const rows = 8;
  const atOnce = buffersOf({ torch: { lora: {}, gradientCheckpointing: false, rowsPerPass: rows } });
  expect(atOnce['the logits of an update']).toBe(4 * rows * 512 * 151_936);
});

test('nothing that is bounded by memory is larger than what every real GPU allows', () => {
  const { 'the weights': _, ...others } = buffersOf({ rollout: { promptsPerStep: 64, groupSize: 64 } });
  for (const bytes of Object.values(others)) expect(bytes).toBeLessThan(2 ** 31);
});

test('on a GPU a pass has more rows, and what does not fit in one graph goes layer by layer', () => {
  const small = { ...policySizes(shape), vocabSize: 64, hiddenSize: 128, layers: 4, intermediateSize: 384 };
  const short = experiment({ rollout: { promptsPerStep: 64, groupSize: 16, maxNewTokens: 8 } });
  const tiny = { ...small, heads: 4, kvHeads: 2, headDim: 16 };
  const countdown = { ...short, task: experimentSchema.parse({}).task };
  expect(updatePass(countdown, tiny).size.rows).toBe(128);
  expect(updatePass(countdown, tiny, 'webgpu').size.rows).toBe(512);
  for (const torch of [{}, { lora: {} }]) {
    const onGpu = updatePass(experiment({ torch }), policySizes(shape), 'webgpu');
    expect(onGpu.byLayers).toBe(true);
    expect(onGpu.size.rows).toBeGreaterThanOrEqual(4);
  }
});

test('the part that is measured is as large as a pass, smaller for larger policies, and none for large ones', () => {
  const folder = fixturePolicy('tied-grouped');
  const rollout = { promptsPerStep: 128, groupSize: 16, maxNewTokens: 512 };
  const part = trialPart(experiment({ policy: folder, rollout }), modelShape(folder)!)!;
  expect(part.rollout).toMatchObject({ promptsPerStep: 32, groupSize: 16, maxNewTokens: 64 });
  expect(trialPart(experiment(), shape)).toBeNull();
  expect(trialPart(experiment({ torch: { lora: {} } }), shape)).toBeNull();
  // A step of the whole experiment is small enough.
  const short = { promptsPerStep: 1, groupSize: 2, maxNewTokens: 16 };
  expect(trialPart(experiment({ rollout: short }), shape)?.rollout).toMatchObject(short);
});

test('an evaluation asks for its weights, and for what it samples at once', () => {
  const sizes = policySizes(shape);
  const size = { rows: 256, samples: 4, promptTokens: 256, maxNewTokens: 2048 };
  const frozen = [{ size: 151_936 * 1024, type: 'float16' }] as const;
  const { buffers, memory } = needsOfEvaluation(sizes, frozen, size);
  const named = new Map(buffers.map(({ name, bytes }) => [name, bytes]));
  // Kept in 16 bits, computed with in 32.
  expect(named.get('the weights of the largest matrix')).toBe(4 * 151_936 * 1024);
  expect(memory.parts.find(({ kind }) => kind === 'weights')?.bytes).toBe(2 * 151_936 * 1024);
  expect(named.get('the keys of a layer while sampling')).toBeLessThan(2 ** 31);
  for (const { remedy } of buffers) expect(remedy).not.toBe('');
});

test('the whole gradient of a large policy is a need that no setting of its passes makes smaller', () => {
  const whole = needsOfRun(experiment(), null)!;
  const weights = whole.memory.parts.filter(({ kind }) => kind === 'weights');
  // Weights, the reference, the gradient and two moments, 0.6 B each.
  expect(weights.reduce((sum, { bytes }) => sum + bytes, 0)).toBeGreaterThan(5 * 4 * 0.59e9);
  expect(needsOfRun(experiment({ torch: { lora: {} } }), null)!.memory.bytes).toBeLessThan(8 * 2 ** 30);
});
