import type { Feeds, ResidentFeed } from '../graph/index.js';
import type { ModelConfig } from './config.js';
import type { ParameterLayout } from './parameters.js';

/** A matrix or vector of the flat parameter array, as the graphs take it. */
export interface WeightBlock {
  name: string;
  shape: number[];
  offset: number;
  size: number;
}

/** What graphs compute with: the flat array of all parameters, or a tensor on the device for each block. */
export type ModelWeights = Float32Array | { tensors: ReadonlyMap<string, ResidentFeed> };

/**
 * The flat parameter array cut into the blocks that graphs take as inputs: queries, keys and values are side by side and
 * are one matrix product. Gate and up are two products: cutting their joint result would take longer than it saves.
 * Blocks are in the order of the array and cover it without gaps.
 */
export function weightBlocks(config: ModelConfig, layout: ParameterLayout): WeightBlock[] {
  const blocks: WeightBlock[] = [];
  const take = (name: string, parameters: string[]) => {
    const parts = parameters.map((parameter) => {
      const found = layout.byName.get(parameter);
      if (!found) throw new Error(`The parameter layout lacks ${parameter}.`);
      return found;
    });
    const first = parts[0]!;
    const rows = parts.reduce((total, part) => total + part.shape[0]!, 0);
    blocks.push({
      name,
      shape: [rows, ...first.shape.slice(1)],
      offset: first.offset,
      size: parts.reduce((total, part) => total + part.size, 0),
    });
  };
  take('embedding', ['model.embed_tokens.weight']);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const attention = `${prefix}.self_attn`;
    take(`layer${layer}.inputNorm`, [`${prefix}.input_layernorm.weight`]);
    take(
      `layer${layer}.projection`,
      ['q', 'k', 'v'].map((part) => `${attention}.${part}_proj.weight`),
    );
    take(`layer${layer}.output`, [`${attention}.o_proj.weight`]);
    take(`layer${layer}.queryNorm`, [`${attention}.q_norm.weight`]);
    take(`layer${layer}.keyNorm`, [`${attention}.k_norm.weight`]);
    take(`layer${layer}.feedForwardNorm`, [`${prefix}.post_attention_layernorm.weight`]);
    for (const part of ['gate', 'up', 'down'])
      take(`layer${layer}.${part}`, [`${prefix}.mlp.${part}_proj.weight`]);
  }
  take('finalNorm', ['model.norm.weight']);
  if (!config.tieWordEmbeddings) take('head', ['lm_head.weight']);
  return blocks;
}

/** The weights under the blocks' names, without copies: views of a flat parameter array. */
export function weightFeeds(blocks: readonly WeightBlock[], weights: ModelWeights): Feeds {
  return Object.fromEntries(
    blocks.map(({ name, shape, offset, size }) => {
      if (weights instanceof Float32Array) {
        return [name, { data: weights.subarray(offset, offset + size), shape }];
      }
      const tensor = weights.tensors.get(name);
      if (!tensor) throw new Error(`${name} is not on the device.`);
      return [name, tensor];
    }),
  );
}
