/** A policy on disk: an ordinary Hugging Face folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import { readRegularFileSync, weightsFiles } from '../../../runs/protocol/index.js';
import { checkTokens, type ModelConfig, parseModelConfig, toHuggingFaceConfig } from './config.js';
import { checkMemory } from './memory.js';
import { type ParameterLayout, parameterLayout } from './parameters.js';
import { encodeSafetensors, SafetensorsFile, type TensorEntry } from './safetensors.js';
import { Tokenizer, tokenizerFiles } from './tokenizer.js';

const embedding = 'model.embed_tokens.weight';
const head = 'lm_head.weight';

export interface Policy {
  config: ModelConfig;
  layout: ParameterLayout;
  /** All parameters, in the order of `layout`. */
  weights: Float32Array;
  tokenizer: Tokenizer;
}

function readJson(path: string, hint: string): unknown {
  try {
    return JSON.parse(readRegularFileSync(path));
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${reasonOf(error)}).`, hint);
  }
}

/**
 * Loads a policy. float32, bfloat16 and float16 weights become float32.
 * @throws InputError naming the file, the field or tensor, and what was expected
 */
export function readPolicyFolder(directory: string): Policy {
  const configPath = join(directory, 'config.json');
  if (!existsSync(configPath)) {
    throw new InputError(
      `${directory}: there is no config.json.`,
      'Specify a Hugging Face folder of a Qwen3-architecture policy, or a shipped policy such as "countdown".',
    );
  }
  const hint = 'Use the config.json that was saved with the weights.';
  const read = readWeights(directory, parseModelConfig(readJson(configPath, hint), configPath));
  const { config: own, layout, weights } = read;
  const tokenizer = Tokenizer.load(directory);
  if (tokenizer.vocabularySize > own.vocabSize) {
    throw new InputError(
      `${join(directory, 'tokenizer.json')}: has token ids up to ${tokenizer.vocabularySize - 1}; vocab_size in config.json is ${own.vocabSize}.`,
      'Use the tokenizer that belongs to these weights.',
    );
  }
  const config = { ...own, eosTokenIds: endTokens(directory, own, tokenizer) };
  return { config, layout, weights, tokenizer };
}

const generationSchema = z.looseObject({
  eos_token_id: z.union([z.int().min(0), z.array(z.int().min(0))]).nullish(),
});

/**
 * What ends a response, as in the torch engine: the tokenizer's own end, and what generation_config.json names or, where
 * there is no such file, config.json. Chat models end their turns with another token than their texts.
 */
function endTokens(directory: string, config: ModelConfig, tokenizer: Tokenizer): number[] {
  let named = config.eosTokenIds;
  const path = join(directory, 'generation_config.json');
  if (existsSync(path)) {
    const parsed = generationSchema.safeParse(readJson(path, 'Save it again, or remove it.'));
    if (!parsed.success) {
      throw new InputError(
        `${path}: eos_token_id is not a token id or a list of them.`,
        'Correct or remove it.',
      );
    }
    const further = [parsed.data.eos_token_id ?? []].flat();
    checkTokens(path, 'eos_token_id', further, config.vocabSize);
    // What config.json names too keeps its place.
    named = [...new Set([...named.filter((id) => further.includes(id)), ...further])];
  }
  const own = tokenizer.endTokenId;
  const ids = own === null || named.includes(own) ? named : [...named, own];
  if (ids.length > 0) return ids;
  throw new InputError(
    `${directory}: no token ends a response: config.json and generation_config.json have no eos_token_id, and the tokenizer has no eos_token.`,
    'Set eos_token in its tokenizer_config.json to a token of its tokenizer.json.',
  );
}

type Weights = Pick<Policy, 'config' | 'layout' | 'weights'>;

/** Compares all headers with config.json first: only what the files really hold is allocated. */
function readWeights(directory: string, config: ModelConfig): Weights {
  const layout = parameterLayout(config);
  const paths = weightsFiles(directory).map((name) => join(directory, name));
  if (paths.length === 0) {
    throw new InputError(
      `${directory}: has no model.safetensors and no model.safetensors.index.json.`,
      'Save the weights as safetensors beside config.json.',
    );
  }
  const missing = new Set(layout.byName.keys());
  let headFile: string | null = null;
  for (const path of paths) {
    for (const tensor of withWeights(path, ({ tensors }) => [...tensors.values()])) {
      const tiedHead = tensor.name === head && config.tieWordEmbeddings;
      if (tiedHead) headFile = path;
      checkTensor(path, tensor, layout.byName.get(tiedHead ? embedding : tensor.name)?.shape, config);
      missing.delete(tensor.name);
    }
  }
  const [first] = missing;
  if (first !== undefined) {
    throw new InputError(
      `${directory}: the weights lack ${first}${missing.size > 1 ? ` and ${missing.size - 1} more` : ''}${by(first, config)}.`,
      'config.json (num_hidden_layers, tie_word_embeddings) and the weights must belong together.',
    );
  }
  checkMemory(directory, layout.total, 1);
  const weights = new Float32Array(layout.total);
  for (const path of paths) {
    withWeights(path, (file) => {
      for (const name of file.tensors.keys()) {
        const parameter = layout.byName.get(name);
        if (!parameter) continue;
        const values = weights.subarray(parameter.offset, parameter.offset + parameter.size);
        file.readInto(name, values);
        if (hasNonNumber(values)) throw notNumbers(path, name);
      }
    });
  }
  const read = { config, layout, weights };
  return headFile === null ? read : withHead(read, headFile);
}

/**
 * Some tools store the tied head a second time. Where it is another one than the embedding, config.json is wrong about
 * the two being tied: transformers uses both, and so does the engine.
 */
function withHead(tied: Weights, file: string): Weights {
  const found = tied.layout.byName.get(embedding);
  if (!found) return tied;
  const { offset, size } = found;
  const values = new Float32Array(size);
  withWeights(file, (weights) => weights.readInto(head, values));
  if (values.every((value, index) => value === tied.weights[offset + index])) return tied;
  const config = { ...tied.config, tieWordEmbeddings: false };
  const layout = parameterLayout(config);
  const weights = new Float32Array(layout.total);
  // An untied head comes after everything else.
  weights.set(tied.weights);
  weights.set(values, tied.weights.length);
  return { config, layout, weights };
}

function hasNonNumber(values: Float32Array): boolean {
  // Also infinite: x − x is 0 of numbers alone. A loop: callbacks for each of a billion values take seconds.
  for (let index = 0; index < values.length; index++) if (values[index]! - values[index]! !== 0) return true;
  return false;
}

function notNumbers(path: string, name: string): InputError {
  return new InputError(
    `${path}: ${name} has a value that is not a number, or is infinite.`,
    'The weights were damaged, or saved after a training that diverged: use others.',
  );
}

function withWeights<T>(path: string, use: (file: SafetensorsFile) => T): T {
  const file = SafetensorsFile.open(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Which keys of config.json say whether there is a tensor, with their values, to end a sentence. */
function by(tensor: string, config: ModelConfig): string {
  if (tensor.startsWith('model.layers.')) return `: num_hidden_layers is ${config.layers}`;
  return tensor === head ? `: tie_word_embeddings is ${config.tieWordEmbeddings}` : '';
}

/** The keys of config.json that make the shape of the tensors with such names. */
const shapeKeys: readonly (readonly [RegExp, string])[] = [
  [/embed_tokens|lm_head/, 'vocab_size and hidden_size'],
  [/[qo]_proj/, 'num_attention_heads, head_dim and hidden_size'],
  [/[kv]_proj/, 'num_key_value_heads, head_dim and hidden_size'],
  [/[qk]_norm/, 'head_dim'],
  [/mlp/, 'intermediate_size and hidden_size'],
  [/norm/, 'hidden_size'],
];

function checkTensor(
  path: string,
  tensor: TensorEntry,
  expected: readonly number[] | undefined,
  config: ModelConfig,
): void {
  if (!expected) {
    throw new InputError(
      `${path}: contains ${tensor.name}, which config.json does not describe${by(tensor.name, config)}.`,
      'config.json (num_hidden_layers, model_type) and the weights must belong together.',
    );
  }
  if (expected.length === tensor.shape.length && expected.every((axis, i) => axis === tensor.shape[i]))
    return;
  const keys = shapeKeys.find(([names]) => names.test(tensor.name))?.[1];
  throw new InputError(
    `${path}: ${tensor.name} has shape [${tensor.shape.join(', ')}]; config.json makes it [${expected.join(', ')}], by ${keys}.`,
    'config.json and the weights must belong together.',
  );
}

/** Names of the files that `readPolicyFolder` reads and that are in the folder. */
export function policyFileNames(directory: string): string[] {
  const others = ['config.json', 'generation_config.json', ...tokenizerFiles];
  return [...weightsFiles(directory), ...others.filter((name) => existsSync(join(directory, name)))];
}

/** The files of a policy folder, by name, ready to be written. */
export function policyFiles({ config, layout, weights, tokenizer }: Policy): Map<string, Uint8Array> {
  const text = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const tensors = layout.parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: weights.subarray(offset, offset + size),
  }));
  const generation = {
    do_sample: true,
    pad_token_id: config.padTokenId,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds,
  };
  return new Map<string, Uint8Array>([
    ['config.json', text(toHuggingFaceConfig(config))],
    ['generation_config.json', text(generation)],
    ['model.safetensors', encodeSafetensors(tensors)],
    ['tokenizer.json', Buffer.from(tokenizer.texts.tokenizer)],
    ['tokenizer_config.json', Buffer.from(tokenizer.texts.config)],
    ...(tokenizer.texts.chatTemplate === undefined
      ? []
      : [['chat_template.jinja', Buffer.from(tokenizer.texts.chatTemplate)] as const]),
    ...(tokenizer.texts.specialTokens === undefined
      ? []
      : [['special_tokens_map.json', Buffer.from(tokenizer.texts.specialTokens)] as const]),
  ]);
}
