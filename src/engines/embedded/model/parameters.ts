import type { ModelConfig } from './config.js';

export interface Parameter {
  /** Hugging Face's name, as in `model.layers.0.self_attn.q_proj.weight`. */
  name: string;
  shape: number[];
  /** Index of the first value in the flat array. */
  offset: number;
  size: number;
}

/** Where each parameter is in the one flat array that the engine trains. */
export interface ParameterLayout {
  parameters: Parameter[];
  byName: Map<string, Parameter>;
  /** Length of the array. */
  total: number;
}

/** The order puts projections that share an input side by side (see `weightBlocks`). */
export function parameterLayout(config: ModelConfig): ParameterLayout {
  const { hiddenSize, headDim, vocabSize, intermediateSize } = config;
  const parameters: Parameter[] = [];
  let total = 0;
  const add = (name: string, ...shape: number[]) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    parameters.push({ name: `${name}.weight`, shape, offset: total, size });
    total += size;
  };
  add('model.embed_tokens', vocabSize, hiddenSize);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    add(`${prefix}.input_layernorm`, hiddenSize);
    add(`${prefix}.self_attn.q_proj`, config.heads * headDim, hiddenSize);
    add(`${prefix}.self_attn.k_proj`, config.kvHeads * headDim, hiddenSize);
    add(`${prefix}.self_attn.v_proj`, config.kvHeads * headDim, hiddenSize);
    add(`${prefix}.self_attn.o_proj`, hiddenSize, config.heads * headDim);
    add(`${prefix}.self_attn.q_norm`, headDim);
    add(`${prefix}.self_attn.k_norm`, headDim);
    add(`${prefix}.post_attention_layernorm`, hiddenSize);
    add(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize);
    add(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize);
    add(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize);
  }
  add('model.norm', hiddenSize);
  if (!config.tieWordEmbeddings) add('lm_head', vocabSize, hiddenSize);
  return { parameters, byName: new Map(parameters.map((entry) => [entry.name, entry])), total };
}
