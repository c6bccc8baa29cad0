import { z } from 'zod';
import { InputError } from '../../../errors.js';
import { changedComputation } from './config-keys.js';

/** The shape of a Qwen3-architecture policy. Sizes are counts. */
export interface ModelConfig {
  vocabSize: number;
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediateSize: number;
  rmsNormEpsilon: number;
  ropeTheta: number;
  tieWordEmbeddings: boolean;
  maxPositions: number;
  /** Its embedding learns nothing from being read, as in transformers. */
  padTokenId: number | null;
  eosTokenIds: number[];
  bosTokenId: number | null;
}

/** Far more than any model has: an absurd number is refused by its key before anything is made of it. */
const size = (largest: number) => z.int().min(1).max(largest);
const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  partial_rotary_factor: z.number().nullish(),
});

/** Hugging Face's `config.json` of Qwen3, in the spellings of transformers 4 and 5. */
const fileSchema = z.looseObject({
  model_type: z.string(),
  vocab_size: size(2 ** 22),
  hidden_size: size(2 ** 16),
  num_hidden_layers: size(2 ** 10),
  num_attention_heads: size(2 ** 12),
  // Absent it is what Qwen3 has in transformers, which need not be what the other keys suggest.
  num_key_value_heads: size(2 ** 12)
    .nullable()
    .default(32),
  head_dim: size(2 ** 12).default(128),
  intermediate_size: size(2 ** 19),
  rms_norm_eps: z.number().min(0).default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_parameters: ropeSchema.nullish(),
  rope_scaling: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  max_position_embeddings: size(2 ** 20).default(32_768),
  pad_token_id: z.int().min(0).nullish(),
  bos_token_id: z.int().min(0).nullish(),
  eos_token_id: z.union([z.int().min(0), z.array(z.int().min(0))]).nullish(),
  attention_bias: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  use_sliding_window: z.boolean().default(false),
  layer_types: z.array(z.string()).nullish(),
});
type ConfigFile = z.infer<typeof fileSchema>;

/**
 * The rotary embedding as transformers 5 reads it: `rope_scaling` goes before `rope_parameters` unless it is empty, and
 * only what that one lacks is taken from elsewhere.
 */
function ropeOf(config: ConfigFile) {
  const scaling = Object.keys(config.rope_scaling ?? {}).length > 0;
  const key = scaling ? 'rope_scaling' : 'rope_parameters';
  const rope = config[key] ?? {};
  return {
    key,
    type: rope.rope_type ?? rope.type ?? 'default',
    theta: rope.rope_theta ?? config.rope_theta ?? 10_000,
    part: rope.partial_rotary_factor ?? 1,
    /** Of which layers, where it is not the same one for all. */
    nested: Object.keys(rope).find((entry) => /_attention$/.test(entry)),
  };
}

/** What Qwen3 files may ask for that this engine does not do. */
function unsupported(config: ConfigFile): string | null {
  const rope = ropeOf(config);
  const { num_hidden_layers: layers, layer_types: types } = config;
  const otherLayers = types?.find((type) => type !== 'full_attention');
  if (config.model_type !== 'qwen3') return `model_type is "${config.model_type}"; only "qwen3" is supported`;
  if (config.attention_bias) return 'attention_bias is true; only false is supported';
  if (config.hidden_act !== 'silu' && config.hidden_act !== 'swish')
    return `hidden_act is "${config.hidden_act}"; only "silu" is supported`;
  if (config.use_sliding_window) return 'use_sliding_window is true; only false is supported';
  if (otherLayers !== undefined)
    return `layer_types has "${otherLayers}"; only "full_attention" is supported`;
  if (types && types.length !== layers)
    return `layer_types has ${types.length} entries; num_hidden_layers is ${layers}`;
  if (rope.nested !== undefined)
    return `${rope.key}.${rope.nested}: a rope type for each type of layer is not supported`;
  if (rope.type !== 'default')
    return `${rope.key}: the rope type is "${rope.type}"; only "default" is supported`;
  if (rope.part !== 1) return `${rope.key}.partial_rotary_factor is ${rope.part}; only 1 is supported`;
  const kvHeads = config.num_key_value_heads ?? config.num_attention_heads;
  if (config.num_attention_heads % kvHeads !== 0) {
    return `num_attention_heads (${config.num_attention_heads}) is not a multiple of num_key_value_heads (${kvHeads})`;
  }
  return changedComputation(config);
}

/**
 * Reads the contents of a `config.json`.
 * @throws InputError naming the file and the field
 */
export function parseModelConfig(json: unknown, file: string): ModelConfig {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
      'Use the config.json that was saved with the weights.',
    );
  }
  const config = parsed.data;
  const problem = unsupported(config);
  if (problem) {
    throw new InputError(`${file}: ${problem}.`, 'Use a policy of the plain Qwen3 architecture.');
  }
  const headDim = config.head_dim;
  if (headDim % 2 !== 0) {
    throw new InputError(
      `${file}: head_dim is ${headDim}; it must be even.`,
      'Check head_dim, hidden_size and num_attention_heads.',
    );
  }
  const eos = [config.eos_token_id ?? []].flat();
  checkTokens(file, 'eos_token_id', eos, config.vocab_size);
  checkTokens(file, 'pad_token_id', [config.pad_token_id ?? []].flat(), config.vocab_size);
  return {
    vocabSize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDim,
    intermediateSize: config.intermediate_size,
    rmsNormEpsilon: config.rms_norm_eps,
    ropeTheta: ropeOf(config).theta,
    tieWordEmbeddings: config.tie_word_embeddings,
    maxPositions: config.max_position_embeddings,
    padTokenId: config.pad_token_id ?? null,
    eosTokenIds: eos,
    bosTokenId: config.bos_token_id ?? null,
  };
}

/** @throws InputError naming the file and the key of a token that the policy does not have */
export function checkTokens(file: string, key: string, ids: readonly number[], vocabSize: number): void {
  const beyond = ids.find((id) => id >= vocabSize);
  if (beyond === undefined) return;
  throw new InputError(
    `${file}: ${key} is ${beyond}; the policy has ${vocabSize} tokens, from 0 (vocab_size).`,
    'Use the files that were saved with the weights.',
  );
}

/** The `config.json` that transformers loads as Qwen3ForCausalLM. */
export function toHuggingFaceConfig(config: ModelConfig): Record<string, unknown> {
  return {
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    intermediate_size: config.intermediateSize,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    rope_parameters: { rope_type: 'default', rope_theta: config.ropeTheta },
    tie_word_embeddings: config.tieWordEmbeddings,
    max_position_embeddings: config.maxPositions,
    pad_token_id: config.padTokenId,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds.length === 1 ? config.eosTokenIds[0] : config.eosTokenIds,
    attention_bias: false,
    attention_dropout: 0,
    hidden_act: 'silu',
    initializer_range: 0.02,
    use_cache: true,
    use_sliding_window: false,
    torch_dtype: 'float32',
  };
}
