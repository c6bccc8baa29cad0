/** How much memory of a GPU training takes, roughly, and what takes it. */

import { type Experiment, rowsPerPass } from '../../../experiment/index.js';
import {
  adapterCount,
  estimateOf,
  largerPart,
  type MemoryEstimate,
  type ModelShape,
  parameterCount,
  sequenceTokens,
} from '../../memory/index.js';

/** CUDA's own context and workspaces, and what fragmentation wastes. */
const runtimeBytes = 1.5 * 2 ** 30;

/** Values that a layer keeps for its backward pass, in multiples of the hidden size, attention being fused. */
const keptWidths = 16;

/**
 * @param shards processes that share weights, gradients and optimizer (FSDP, DeepSpeed ZeRO-3); 1 when each has all
 * @param gpuBytes memory of a GPU, of which vLLM takes a share when it is in the training processes
 */
export function estimateMemory(
  experiment: Experiment,
  shape: ModelShape,
  shards: number,
  gpuBytes: number,
): MemoryEstimate {
  const { rollout, optimization, torch } = experiment;
  const parameters = parameterCount(shape);
  const size = torch.dtype === 'bfloat16' ? 2 : 4;
  const adapters = torch.lora ? adapterCount(shape, torch.lora.rank) : 0;
  const trained = torch.lora ? adapters : parameters;
  const tokens = sequenceTokens(experiment);
  const processes = torch.processes * torch.nodes;
  const ownRows = Math.ceil((rollout.promptsPerStep * rollout.groupSize) / processes);
  const passTokens = Math.min(rowsPerPass(torch, tokens), ownRows) * tokens;

  const layerBytes = 2 * passTokens * (keptWidths * shape.hidden + 3 * shape.intermediate);
  const keepsAll = torch.gradientCheckpointing === false;
  const activations = keepsAll
    ? shape.layers * layerBytes
    : 2 * passTokens * shape.hidden * shape.layers + layerBytes;
  const cache = 4 * ownRows * tokens * shape.layers * shape.keyValueHeads * shape.headSize;
  return estimateOf([
    { name: 'weights', kind: 'weights', bytes: (parameters * size + adapters * 4) / shards },
    { name: 'gradients', kind: 'weights', bytes: (trained * size) / shards },
    { name: 'optimizer (AdamW)', kind: 'weights', bytes: (2 * trained * size) / shards },
    {
      name: 'reference of the KL term',
      kind: 'weights',
      bytes: optimization.klCoefficient > 0 && !torch.lora ? (parameters * size) / shards : 0,
    },
    largerPart(activations, torch.vllm ? 0 : cache),
    // Two of them, float32: the sums of distributions, and the logits of one position of each response.
    {
      name: 'token distributions for the features',
      kind: 'sampling',
      bytes: torch.vllm ? 0 : 2 * 4 * ownRows * shape.vocabulary,
    },
    {
      name: 'vLLM (torch.vllm.gpuMemoryUtilization)',
      kind: 'vllm',
      bytes: torch.vllm?.mode === 'colocate' ? torch.vllm.gpuMemoryUtilization * gpuBytes : 0,
    },
    { name: 'CUDA', kind: 'other', bytes: runtimeBytes },
  ]);
}
