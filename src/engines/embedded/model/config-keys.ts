/** Keys of a config.json that would change what a policy computes, beside those that are read. */

/**
 * By each key the values that change nothing; any other is refused. transformers reads some of them for every
 * architecture; others are of models that call themselves qwen3 and are not quite. A key that is neither here nor read
 * is one that transformers does not read either.
 */
const neutralValues: Readonly<Record<string, readonly unknown[]>> = {
  // Read by transformers for every architecture.
  attention_chunk_size: [],
  attribute_map: [],
  fusion_config: [],
  is_causal: [true],
  is_encoder_decoder: [false],
  kv_sharing_modes: [],
  partial_rotary_factor: [1],
  per_layer_config: [],
  quantization_config: [],
  text_config: [],
  transformers_weights: [],
  use_bidirectional_attention: [false],
  // Of other architectures, and what the torch engine refuses.
  attention_multiplier: [],
  attn_logit_softcapping: [],
  embedding_multiplier: [1],
  final_logit_softcapping: [],
  lm_head_multiplier: [1],
  logit_scale: [1],
  logits_scaling: [1],
  mlp_bias: [false],
  no_rope_layers: [],
  num_experts: [0],
  num_local_experts: [0],
  output_multiplier: [1],
  pruned_heads: [],
  qk_norm: [true],
  query_pre_attn_scalar: [],
  residual_multiplier: [1],
  rope_interleaved: [false],
  scale_embeddings: [false],
  use_qk_norm: [true],
};

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

/** A sentence without its end about the first key that would change the computation; null without one. */
export function changedComputation(config: Readonly<Record<string, unknown>>): string | null {
  for (const [key, neutral] of Object.entries(neutralValues)) {
    const value = config[key];
    if (value === undefined || isEmpty(value) || neutral.includes(value)) continue;
    const [only] = neutral;
    return `${key} is ${JSON.stringify(value)}; ${only === undefined ? 'it is not' : `only ${String(only)} is`} supported`;
  }
  return ownCode(config) ?? otherHead(config);
}

function ownCode({ auto_map: map }: Readonly<Record<string, unknown>>): string | null {
  const code = (map as Record<string, unknown> | null | undefined)?.AutoModelForCausalLM;
  return code === undefined ? null : `auto_map names code of its own (${String(code)}), which is not run`;
}

function otherHead({ architectures }: Readonly<Record<string, unknown>>): string | null {
  const name: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (name === undefined || /(?:ForCausalLM|LMHeadModel)$/.test(String(name))) return null;
  return `architectures is ${String(name)}, which does not write text`;
}
