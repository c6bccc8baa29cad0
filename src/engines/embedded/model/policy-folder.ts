/** A policy on disk: an ordinary Hugging Face folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import { readRegularFileSync, weightsFiles } from '../../../runs/protocol/index.js';
import { checkTokens, type ModelConfig, parseModelConfig, toHuggingFaceConfig } from './config.js';
import type { ParameterLayout } from './parameters.js';
import { encodeSafetensors } from './safetensors.js';
import { Tokenizer, tokenizerFiles } from './tokenizer.js';
import { findWeights, readWeights, type WeightFiles } from './weight-files.js';

export interface Policy {
  config: ModelConfig;
  layout: ParameterLayout;
  /** All parameters, in the order of `layout`. */
  weights: Float32Array;
  tokenizer: Tokenizer;
}

export function readJson(path: string, hint: string): unknown {
  try {
    return JSON.parse(readRegularFileSync(path));
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${reasonOf(error)}).`, hint);
  }
}

/** All of a policy folder but the values of its weights. */
export interface OpenedPolicy {
  config: ModelConfig;
  tokenizer: Tokenizer;
  files: WeightFiles;
}

/**
 * Loads a policy. float32, bfloat16 and float16 weights become float32.
 * @throws InputError naming the file, the field or tensor, and what was expected
 */
export function readPolicyFolder(directory: string): Policy {
  return readOpenedPolicy(openPolicyFolder(directory));
}

/** @throws InputError as `readPolicyFolder` */
export function readOpenedPolicy({ config, tokenizer, files }: OpenedPolicy): Policy {
  return { config, layout: files.layout, weights: readWeights(files), tokenizer };
}

/** @throws InputError as `readPolicyFolder`, but of what only the values show */
export function openPolicyFolder(directory: string): OpenedPolicy {
  const configPath = join(directory, 'config.json');
  if (!existsSync(configPath)) {
    throw new InputError(
      `${directory}: there is no config.json.`,
      'Specify a Hugging Face folder of a Qwen3-architecture policy, or a shipped policy such as "countdown".',
    );
  }
  const hint = 'Use the config.json that was saved with the weights.';
  const files = findWeights(directory, parseModelConfig(readJson(configPath, hint), configPath));
  const { config: own } = files;
  const tokenizer = Tokenizer.load(directory);
  if (tokenizer.vocabularySize > own.vocabSize) {
    throw new InputError(
      `${join(directory, 'tokenizer.json')}: has token ids up to ${tokenizer.vocabularySize - 1}; vocab_size in config.json is ${own.vocabSize}.`,
      'Use the tokenizer that belongs to these weights.',
    );
  }
  const config = { ...own, eosTokenIds: endTokens(directory, own, tokenizer) };
  return { config, tokenizer, files };
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

/** Of a checkpoint of adapters, as PEFT has them. */
export const adapterFileNames = ['adapter_config.json', 'adapter_model.safetensors'] as const;

/** Names of the files that a policy is read from and that are in the folder. */
export function policyFileNames(directory: string): string[] {
  const others = ['config.json', 'generation_config.json', ...adapterFileNames, ...tokenizerFiles];
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
    ...tokenizerEntries(tokenizer),
  ]);
}

/** The files of a tokenizer, as they were read. */
export function tokenizerEntries(tokenizer: Tokenizer): Map<string, Uint8Array> {
  return new Map<string, Uint8Array>([
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
