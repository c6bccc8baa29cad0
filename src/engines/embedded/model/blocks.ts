import type { Feed, Feeds, ResidentFeed, TensorData } from '../graph/index.js';
import type { ModelConfig } from './config.js';
import type { Parameter, ParameterLayout } from './parameters.js';

/** A matrix or vector as the graphs take it. */
export interface WeightBlock {
  name: string;
  shape: number[];
  /** Index of the first value in the flat array of what is trained; null for a frozen block, which is in none. */
  offset: number | null;
  size: number;
  type: 'float32' | 'float16';
  /** The blocks of its low-rank adapters: see `LowRank`. */
  lowRank?: { down: string; modules: { rows: number; up: string | null }[]; rank: number; scale: number };
}

/** A frozen base under the names of its blocks, and the flat array of the adapters that are trained. */
export interface AdaptedWeights {
  base: ReadonlyMap<string, TensorData | ResidentFeed>;
  adapters: Float32Array;
}

/** Values in the memory of this program: the flat array of all parameters, or adapters with their base. */
export type HostWeights = Float32Array | AdaptedWeights;

/** What graphs compute with: those, or a tensor on the device for each block. */
export type ModelWeights = HostWeights | { tensors: ReadonlyMap<string, ResidentFeed> };

/** The flat array of what is trained. */
export function trainedValues(weights: HostWeights): Float32Array {
  return weights instanceof Float32Array ? weights : weights.adapters;
}

/** Names of a layer's blocks, and the modules of Hugging Face's folder side by side in them. */
export const layerModules: Readonly<Record<string, readonly string[]>> = {
  inputNorm: ['input_layernorm'],
  projection: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  output: ['self_attn.o_proj'],
  queryNorm: ['self_attn.q_norm'],
  keyNorm: ['self_attn.k_norm'],
  feedForwardNorm: ['post_attention_layernorm'],
  gate: ['mlp.gate_proj'],
  up: ['mlp.up_proj'],
  down: ['mlp.down_proj'],
};

/** The parameters side by side in each block, by the block's name, in the order of the flat array. */
export function blockParameters(config: ModelConfig, layout: ParameterLayout): Map<string, Parameter[]> {
  const parameters = new Map<string, Parameter[]>();
  const take = (name: string, modules: readonly string[]) => {
    const parts = modules.map((module) => {
      const found = layout.byName.get(`${module}.weight`);
      if (!found) throw new Error(`The parameter layout lacks ${module}.weight.`);
      return found;
    });
    parameters.set(name, parts);
  };
  take('embedding', ['model.embed_tokens']);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [name, modules] of Object.entries(layerModules)) {
      take(
        `layer${layer}.${name}`,
        modules.map((module) => `model.layers.${layer}.${module}`),
      );
    }
  }
  take('finalNorm', ['model.norm']);
  if (!config.tieWordEmbeddings) take('head', ['lm_head']);
  return parameters;
}

/**
 * The flat parameter array cut into the blocks that graphs take as inputs: queries, keys and values are side by side and
 * are one matrix product. Gate and up are two products: cutting their joint result would take longer than it saves.
 * Blocks are in the order of the array and cover it without gaps.
 */
export function weightBlocks(config: ModelConfig, layout: ParameterLayout): WeightBlock[] {
  return [...blockParameters(config, layout)].map(([name, parts]) => {
    const first = parts[0]!;
    const rows = parts.reduce((total, part) => total + part.shape[0]!, 0);
    return {
      name,
      shape: [rows, ...first.shape.slice(1)],
      offset: first.offset,
      size: parts.reduce((total, part) => total + part.size, 0),
      type: 'float32',
    };
  });
}

/** Of which the flat array of what is trained is made, in its order. */
export function trainedBlocks<Block extends WeightBlock>(
  blocks: readonly Block[],
): (Block & { offset: number })[] {
  return blocks.filter((block): block is Block & { offset: number } => block.offset !== null);
}

/** The values under the blocks' names, without copies: views of the flat array of what is trained. */
export function weightFeeds(blocks: readonly WeightBlock[], weights: ModelWeights): Feeds {
  return Object.fromEntries(blocks.map((block) => [block.name, weightFeed(block, weights)]));
}

function weightFeed({ name, shape, offset, size }: WeightBlock, weights: ModelWeights): Feed | ResidentFeed {
  if ('tensors' in weights) {
    const tensor = weights.tensors.get(name);
    if (!tensor) throw new Error(`${name} is not on the device.`);
    return tensor;
  }
  if (offset !== null) return { data: trainedValues(weights).subarray(offset, offset + size), shape };
  const values = weights instanceof Float32Array ? undefined : weights.base.get(name);
  if (!values) throw new Error(`The weights have no ${name}.`);
  return 'resident' in values ? values : { data: values, shape };
}
