/** A frozen policy with low-rank adapters, which are saved as PEFT saves them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../../errors.js';
import { linearModules } from '../../../experiment/index.js';
import { weightsFiles } from '../../../runs/protocol/index.js';
import { type AdaptedWeights, type WeightBlock, weightBlocks } from './blocks.js';
import type { ModelConfig } from './config.js';
import {
  type AdapterLayout,
  adaptableModules,
  adaptedModule,
  adapterLayout,
  isTarget,
  type LoraSettings,
} from './lora.js';
import {
  adapterFileNames,
  type OpenedPolicy,
  type Policy,
  readJson,
  tokenizerEntries,
} from './policy-folder.js';
import { encodeSafetensors } from './safetensors.js';
import type { Tokenizer } from './tokenizer.js';
import { type FrozenWeights, notNumbers, readFrozenWeights, withWeights } from './weight-files.js';

const [configFile, weightsFile] = adapterFileNames;

/** A policy that is not trained itself. */
export interface BasePolicy extends FrozenWeights {
  config: ModelConfig;
  tokenizer: Tokenizer;
  /** Its folder, or its name on the hub: what a checkpoint of adapters names. */
  name: string;
}

export interface AdaptedPolicy {
  config: ModelConfig;
  tokenizer: Tokenizer;
  base: BasePolicy;
  lora: LoraSettings;
  adapters: AdapterLayout;
  /** Of the base, with its adapters. */
  blocks: WeightBlock[];
  weights: AdaptedWeights;
}

/** What the engine computes with: a policy whose weights are trained, or one with adapters. */
export type Model = Policy | AdaptedPolicy;

export function isAdapted(model: Model): model is AdaptedPolicy {
  return 'base' in model;
}

export function blocksOf(model: Model): WeightBlock[] {
  return isAdapted(model) ? model.blocks : weightBlocks(model.config, model.layout);
}

/** @throws InputError as `readPolicyFolder` */
export function readBase(
  { config, tokenizer, files }: OpenedPolicy,
  name: string,
  inHalves: boolean,
): BasePolicy {
  return { config, tokenizer, name, ...readFrozenWeights(files, inHalves) };
}

/** @throws InputError when a target names no module that can have an adapter */
export function adaptersFor(config: ModelConfig, lora: LoraSettings): AdapterLayout {
  const modules = adaptableModules(config.layers);
  const { targets } = lora;
  if (targets !== 'all-linear') {
    for (const [index, target] of targets.entries()) {
      if (modules.some((module) => isTarget([target], module))) continue;
      throw new InputError(
        `torch.lora.targets[${index}]: the policy has no linear module ${target} in its ${config.layers} layers.`,
        `Use "all-linear", or names such as ${linearModules.join(', ')}.`,
      );
    }
  }
  return adapterLayout(config, lora, (module) => isTarget(targets, module));
}

/** @param values of the adapters, in the order of their layout */
export function adaptPolicy(
  base: BasePolicy,
  lora: LoraSettings,
  adapters: AdapterLayout,
  values: Float32Array,
): AdaptedPolicy {
  const { config, tokenizer } = base;
  const adapted = base.blocks.map((block) => {
    const lowRank = adapters.lowRank.get(block.name);
    return lowRank ? { ...block, lowRank } : block;
  });
  return {
    config,
    tokenizer,
    base,
    lora,
    adapters,
    blocks: [...adapted, ...adapters.blocks],
    weights: { base: base.values, adapters: values },
  };
}

/**
 * The files of a folder that PEFT, and transformers with it, load as the base with its adapters: with a config.json
 * beside them transformers would look for all weights there.
 */
export function adapterFiles({
  base,
  lora,
  adapters,
  weights,
  tokenizer,
}: AdaptedPolicy): Map<string, Uint8Array> {
  const settings = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base.name,
    r: lora.rank,
    lora_alpha: lora.alpha,
    target_modules: lora.targets === 'all-linear' ? linearModules : lora.targets,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
  };
  const tensors = adapters.matrices.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: weights.adapters.subarray(offset, offset + size),
  }));
  return new Map<string, Uint8Array>([
    [configFile, Buffer.from(`${JSON.stringify(settings, null, 2)}\n`)],
    [weightsFile, encodeSafetensors(tensors)],
    ...tokenizerEntries(tokenizer),
  ]);
}

/** PEFT's configuration: the keys that change what is computed, and those that must not. */
const peftSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  base_model_name_or_path: z.string().min(1),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  // PEFT also takes a pattern: what is adapted is seen in the weights.
  target_modules: z.array(z.string()).nullable().catch(null),
  bias: z.literal('none').default('none'),
  use_rslora: z.literal(false).default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  lora_bias: z.literal(false).default(false),
  // Others change the base as well.
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'orthogonal', 'eva'])]).default(true),
  alora_invocation_tokens: z.null().optional(),
  modules_to_save: z.array(z.never()).nullish(),
  rank_pattern: z.strictObject({}).nullish(),
  alpha_pattern: z.strictObject({}).nullish(),
  trainable_token_indices: z.null().optional(),
});

export const adapterConfigPath = (directory: string): string => join(directory, configFile);

/** Whether a folder holds adapters and no weights of its own. */
export function hasOnlyAdapters(directory: string): boolean {
  return existsSync(adapterConfigPath(directory)) && weightsFiles(directory).length === 0;
}

interface AdapterConfig {
  base: string;
  rank: number;
  alpha: number;
  /** Null where they are not listed. */
  targets: readonly string[] | null;
}

/** What a folder of adapters says of itself. @throws InputError by file and key */
export function readAdapterConfig(directory: string): AdapterConfig {
  const path = adapterConfigPath(directory);
  const parsed = peftSchema.safeParse(readJson(path, 'Save the adapters again.'));
  if (parsed.success) {
    const {
      base_model_name_or_path: base,
      r: rank,
      lora_alpha: alpha,
      target_modules: targets,
    } = parsed.data;
    return { base, rank, alpha, targets };
  }
  const [issue] = parsed.error.issues;
  throw new InputError(
    `${path}: ${issue?.path.join('.')}: ${issue?.message}.`,
    'The embedded engine reads plain low-rank adapters of linear layers, as it and PEFT write them by default.',
  );
}

/**
 * The values of a folder's adapters, and where each is.
 * @param expected the layout that they must have; by default what the file holds decides it
 * @throws InputError by file and tensor
 */
export function readAdapters(
  directory: string,
  config: ModelConfig,
  expected?: AdapterLayout,
): { lora: LoraSettings; adapters: AdapterLayout; values: Float32Array } {
  const { rank, alpha } = readAdapterConfig(directory);
  const path = join(directory, weightsFile);
  return withWeights(path, (file) => {
    const modules = new Set(adaptableModules(config.layers));
    const adapted = new Set<string>();
    for (const name of file.tensors.keys()) {
      const module = adaptedModule(name)?.module;
      if (module === undefined || !modules.has(module)) {
        throw new InputError(
          `${path}: ${name} belongs to no linear module of the base policy, which has ${config.layers} layers.`,
          `Adapters and base_model_name_or_path in ${configFile} must belong together.`,
        );
      }
      adapted.add(module);
    }
    const adapters = expected ?? adapterLayout(config, { rank, alpha }, (module) => adapted.has(module));
    const values = new Float32Array(adapters.total);
    for (const { name, shape, offset, size } of adapters.matrices) {
      const tensor = file.tensors.get(name);
      const found = tensor ? `has shape [${tensor.shape.join(', ')}]` : 'is missing';
      if (tensor?.shape.join() !== shape.join()) {
        throw new InputError(
          `${path}: ${name} ${found}; the base and its settings (r, target_modules) make it [${shape.join(', ')}].`,
          `Adapters and ${configFile} must belong together, and to the base that it names.`,
        );
      }
      const part = values.subarray(offset, offset + size);
      file.readInto(name, part);
      if (part.some((value) => !Number.isFinite(value))) throw notNumbers(path, name);
    }
    const targets = [...adapted];
    return { lora: { rank, alpha, targets }, adapters, values };
  });
}
