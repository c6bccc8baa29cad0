/** What a run or an evaluation asks of a GPU: its largest buffers, and how much memory. */
import type { Experiment } from '../../../experiment/index.js';
import type { DeviceBuffer, DeviceNeeds } from '../../contract/index.js';
import {
  estimateOf,
  type ModelShape,
  modelShape,
  parameterCount,
  sequenceTokens,
} from '../../memory/index.js';
import { memoryOf, remedies } from './memory.js';
import { type PolicySizes, rowsOfHead } from './pass-size.js';
import { rowBytes, rowsPerBatch } from './sampling-size.js';
import { policySizes, updatePass } from './update-pass.js';

const floatBytes = 4;

/** Arrays of the run that are one buffer on the GPU each, the largest ones. */
export function largestBuffers(experiment: Experiment, shape: ModelShape): DeviceBuffer[] {
  const { rollout, torch } = experiment;
  const sizes = policySizes(shape);
  const { vocabSize, hiddenSize, heads, kvHeads, headDim, intermediateSize } = sizes;
  const positions = sequenceTokens(experiment);
  const sampled = Math.min(rollout.promptsPerStep * rollout.groupSize, rowsPerBatch(sizes, positions));
  const { size, byLayers } = updatePass(experiment, sizes, 'webgpu');
  const updated = size.rows * size.length;
  const logits = byLayers ? Math.min(rowsOfHead(sizes), updated) : updated;
  const columns = Math.max(vocabSize, intermediateSize, (heads + 2 * kvHeads) * headDim);
  const pass = 'a lower torch.rowsPerPass or rollout.maxNewTokens';
  const sampling = 'a lower rollout.promptsPerStep, rollout.groupSize or rollout.maxNewTokens';
  return [
    // A matrix that is kept in 16 bits is computed with in 32. What is trained is one array, as is its gradient.
    torch.lora
      ? bufferOf('the weights of the largest matrix', columns * hiddenSize, 'a smaller policy')
      : bufferOf('the weights', parameterCount(shape), 'torch.lora or a smaller policy'),
    bufferOf('the logits of an update', logits * vocabSize, pass),
    bufferOf(
      'the attention scores of a layer in an update',
      updated * heads * (size.length + size.prefix),
      pass,
    ),
    bufferOf('the activations of a feed-forward layer in an update', updated * intermediateSize, pass),
    bufferOf('the logits of a token of all responses', sampled * vocabSize, sampling),
    bufferOf('the keys of a layer while sampling', sampled * positions * kvHeads * headDim, sampling),
  ];
}

const bufferOf = (name: string, values: number, remedy: string): DeviceBuffer => ({
  name,
  bytes: floatBytes * values,
  remedy,
});

/**
 * Of a run; null where nothing is known about its policy.
 * @param memoryBytes of the GPU; null where the system does not say
 */
export function needsOfRun(experiment: Experiment, memoryBytes: number | null): DeviceNeeds | null {
  const shape = modelShape(experiment.policy);
  const memory = memoryOf(experiment, { device: 'webgpu', memoryBytes });
  if (shape === null || memory === null) return null;
  return { buffers: largestBuffers(experiment, shape), memory, remedies: remedies(experiment, memory) };
}

/** What is sampled in an evaluation. */
interface EvaluationSize {
  /** Responses at once, at most. */
  rows: number;
  /** Of each problem. */
  samples: number;
  promptTokens: number;
  maxNewTokens: number;
}

/** @param blocks the policy's, with their types */
export function needsOfEvaluation(
  sizes: PolicySizes,
  blocks: readonly { size: number; type: 'float32' | 'float16' }[],
  { rows, samples, promptTokens, maxNewTokens }: EvaluationSize,
): DeviceNeeds {
  const { vocabSize, kvHeads, heads, headDim, intermediateSize } = sizes;
  const positions = promptTokens + maxNewTokens;
  const sampled = Math.min(rows, rowsPerBatch(sizes, positions));
  const prompts = Math.ceil(sampled / samples);
  const matrix = Math.max(...blocks.map(({ size }) => size));
  const fewer = 'fewer samples or a lower maxNewTokens';
  const shorter = 'shorter problems';
  const buffers = [
    bufferOf('the weights of the largest matrix', matrix, 'a smaller policy'),
    bufferOf('the logits of a token of all responses', sampled * vocabSize, fewer),
    bufferOf('the keys of a layer while sampling', sampled * positions * kvHeads * headDim, fewer),
    bufferOf(
      'the attention scores of a layer in the prompts',
      prompts * heads * promptTokens * promptTokens,
      shorter,
    ),
    bufferOf('the activations of a feed-forward layer', prompts * promptTokens * intermediateSize, shorter),
  ];
  const weights = blocks.reduce((sum, { size, type }) => sum + size * (type === 'float16' ? 2 : 4), 0);
  const memory = estimateOf([
    { name: 'weights', kind: 'weights', bytes: weights },
    { name: 'keys and values while sampling', kind: 'sampling', bytes: sampled * rowBytes(sizes, positions) },
  ]);
  return {
    buffers,
    memory,
    remedies: ['fewer samples', 'a lower maxNewTokens', 'a smaller policy'],
  };
}
