/** What a run asks of a GPU: its largest buffers. */
import type { Experiment } from '../../../experiment/index.js';
import { type ModelShape, parameterCount, sequenceTokens } from '../../memory/index.js';
import { rowsOfHead } from './pass-size.js';
import { rowsPerBatch } from './sampling-size.js';
import { policySizes, updatePass } from './update-pass.js';

const floatBytes = 4;

/** Arrays of the run that are one buffer on the GPU each, the largest ones. */
export function largestBuffers(experiment: Experiment, shape: ModelShape): { name: string; bytes: number }[] {
  const { rollout, torch } = experiment;
  const sizes = policySizes(shape);
  const { vocabSize, hiddenSize, heads, kvHeads, headDim, intermediateSize } = sizes;
  const positions = sequenceTokens(experiment);
  const sampled = Math.min(rollout.promptsPerStep * rollout.groupSize, rowsPerBatch(sizes, positions));
  const { size, byLayers } = updatePass(experiment, sizes, 'webgpu');
  const updated = size.rows * size.length;
  const logits = byLayers ? Math.min(rowsOfHead(sizes), updated) : updated;
  const columns = Math.max(vocabSize, intermediateSize, (heads + 2 * kvHeads) * headDim);
  const buffers = [
    // A matrix that is kept in 16 bits is computed with in 32. What is trained is one array, as is its gradient.
    torch.lora
      ? { name: 'the weights of the largest matrix', values: columns * hiddenSize }
      : { name: 'the weights', values: parameterCount(shape) },
    { name: 'the logits of an update', values: logits * vocabSize },
    {
      name: 'the attention scores of a layer in an update',
      values: updated * heads * (size.length + size.prefix),
    },
    { name: 'the activations of a feed-forward layer in an update', values: updated * intermediateSize },
    { name: 'the logits of a token of all responses', values: sampled * vocabSize },
    { name: 'the keys of a layer while sampling', values: sampled * positions * kvHeads * headDim },
  ];
  return buffers.map(({ name, values }) => ({ name, bytes: floatBytes * values }));
}
