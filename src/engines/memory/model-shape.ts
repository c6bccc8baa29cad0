/** The sizes of a policy that memory depends on, from its `config.json`, the hub's cache or what is published. */
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const size = z.int().min(1);

const configSchema = z
  .looseObject({
    vocab_size: size,
    hidden_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    num_key_value_heads: size.nullish(),
    head_dim: size.nullish(),
    intermediate_size: size,
    tie_word_embeddings: z.boolean().default(false),
    max_position_embeddings: size.optional(),
    torch_dtype: z.string().nullish(),
    // As it is named since transformers 5.
    dtype: z.string().nullish(),
  })
  .transform((config) => ({
    vocabulary: config.vocab_size,
    hidden: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    keyValueHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headSize: config.head_dim ?? Math.floor(config.hidden_size / config.num_attention_heads),
    intermediate: config.intermediate_size,
    tied: config.tie_word_embeddings,
    positions: config.max_position_embeddings ?? null,
    inHalves: (config.dtype ?? config.torch_dtype) !== 'float32',
  }));

/** Counts; `positions` is the longest sequence, null when it is not said; `inHalves`: its files have values of 16 bits. */
export type ModelShape = z.infer<typeof configSchema>;

/** layers, hidden, heads, intermediate, tied; as published. All have 8 key-value heads of 128. */
const qwen3: Record<string, readonly [number, number, number, number, boolean]> = {
  '0.6B': [28, 1024, 16, 3072, true],
  '1.7B': [28, 2048, 16, 6144, true],
  '4B': [36, 2560, 32, 9728, true],
  '8B': [36, 4096, 32, 12_288, false],
  '14B': [40, 5120, 40, 17_408, false],
  '32B': [64, 5120, 64, 25_600, false],
};

function publishedShape(policy: string): ModelShape | null {
  const [, name = '', base] = /^Qwen\/Qwen3-([\d.]+B)(-Base)?$/.exec(policy) ?? [];
  const known = qwen3[name];
  if (!known) return null;
  const [layers, hidden, heads, intermediate, tied] = known;
  const positions = base === undefined ? 40_960 : 32_768;
  const shared = { vocabulary: 151_936, keyValueHeads: 8, headSize: 128, positions, inHalves: true };
  return { ...shared, layers, hidden, heads, intermediate, tied };
}

function readShape(file: string): ModelShape | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    // Models that also see keep the language model's sizes apart.
    const text = typeof value === 'object' && value !== null && 'text_config' in value && value.text_config;
    return configSchema.safeParse(text || value).data ?? null;
  } catch {
    return null;
  }
}

/** `config.json` of a model that was downloaded before, in any revision. */
function cachedShape(policy: string): ModelShape | null {
  const home = process.env.HF_HOME ?? join(homedir(), '.cache', 'huggingface');
  const hub = process.env.HF_HUB_CACHE ?? join(home, 'hub');
  const snapshots = join(hub, `models--${policy.replace('/', '--')}`, 'snapshots');
  try {
    for (const revision of readdirSync(snapshots)) {
      const shape = readShape(join(snapshots, revision, 'config.json'));
      if (shape) return shape;
    }
  } catch {
    // Never downloaded.
  }
  return null;
}

/** @param policy absolute folder, or name on the hub. @returns null when nothing is known about it */
export function modelShape(policy: string): ModelShape | null {
  return readShape(join(policy, 'config.json')) ?? cachedShape(policy) ?? publishedShape(policy);
}

/** Weights of a decoder with gated feed-forward layers: what Qwen, Llama and Mistral are. */
export function parameterCount(shape: ModelShape): number {
  const { vocabulary, hidden, layers, heads, keyValueHeads, headSize, intermediate, tied } = shape;
  const attention = 2 * hidden * headSize * (heads + keyValueHeads);
  const norms = 2 * hidden + 2 * headSize;
  const layer = attention + 3 * hidden * intermediate + norms;
  return layers * layer + hidden + vocabulary * hidden * (tied ? 1 : 2);
}
