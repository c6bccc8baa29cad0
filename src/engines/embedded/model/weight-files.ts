/** The weights of a policy folder: their files compared with config.json, and read. */
import { join } from 'node:path';
import { InputError } from '../../../errors.js';
import { weightsFiles } from '../../../runs/protocol/index.js';
import { blockParameters, type WeightBlock, weightBlocks } from './blocks.js';
import type { ModelConfig } from './config.js';
import { checkMemory } from './memory.js';
import { type ParameterLayout, parameterLayout } from './parameters.js';
import { SafetensorsFile, type TensorEntry } from './safetensors.js';

const embedding = 'model.embed_tokens.weight';
const head = 'lm_head.weight';

/** Files whose headers fit config.json. */
export interface WeightFiles {
  directory: string;
  config: ModelConfig;
  layout: ParameterLayout;
  paths: string[];
  /** Of each parameter, how it is stored. */
  types: Map<string, TensorEntry['type']>;
}

/**
 * Compares all headers with config.json: only what the files really hold is allocated.
 * @throws InputError naming the file, the tensor and the key of config.json
 */
export function findWeights(directory: string, config: ModelConfig): WeightFiles {
  const layout = parameterLayout(config);
  const paths = weightsFiles(directory).map((name) => join(directory, name));
  if (paths.length === 0) {
    throw new InputError(
      `${directory}: has no model.safetensors and no model.safetensors.index.json.`,
      'Save the weights as safetensors beside config.json.',
    );
  }
  const types: WeightFiles['types'] = new Map();
  const missing = new Set(layout.byName.keys());
  let hasTiedHead = false;
  for (const path of paths) {
    for (const tensor of withWeights(path, ({ tensors }) => [...tensors.values()])) {
      const isTiedHead = tensor.name === head && config.tieWordEmbeddings;
      hasTiedHead ||= isTiedHead;
      checkTensor(path, tensor, layout.byName.get(isTiedHead ? embedding : tensor.name)?.shape, config);
      types.set(tensor.name, tensor.type);
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
  const files = { directory, config, layout, paths, types };
  return hasTiedHead && hasOtherHead(files) ? untied(files) : files;
}

/**
 * Some tools store the tied head a second time. Where it is another one than the embedding, config.json is wrong about
 * the two being tied: transformers uses both, and so does the engine.
 */
function hasOtherHead({ directory, layout, paths }: WeightFiles): boolean {
  const { size } = layout.byName.get(embedding)!;
  checkMemory(directory, size, 2);
  const read = (name: string) => {
    const values = new Float32Array(size);
    for (const path of paths) {
      withWeights(path, (file) => {
        if (file.tensors.has(name)) file.readInto(name, values);
      });
    }
    return values;
  };
  const table = read(embedding);
  return read(head).some((value, index) => value !== table[index]);
}

function untied(files: WeightFiles): WeightFiles {
  const config = { ...files.config, tieWordEmbeddings: false };
  return { ...files, config, layout: parameterLayout(config) };
}

/** All parameters as float32, in the order of the layout. @throws InputError by file and tensor */
export function readWeights({ directory, layout, paths }: WeightFiles): Float32Array {
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
  return weights;
}

/** Weights that are not trained: one array a block. */
export interface FrozenWeights {
  blocks: WeightBlock[];
  values: Map<string, Float32Array | Uint16Array>;
}

/** Blocks that stay float32 or may be float16: what all their parameters are stored in, norms aside. */
function frozenBlocks({ config, layout, types }: WeightFiles, inHalves: boolean): WeightBlock[] {
  const parts = blockParameters(config, layout);
  return weightBlocks(config, layout).map((block) => {
    const isShort = parts.get(block.name)!.every(({ name }) => types.get(name) !== 'F32');
    const type = inHalves && isShort && block.shape.length > 1 ? 'float16' : 'float32';
    return { ...block, offset: null, type };
  });
}

/**
 * @param inHalves whether matrices that are stored in 16 bits stay so, which costs a conversion each time they are used
 * @throws InputError by file and tensor
 */
export function readFrozenWeights(files: WeightFiles, inHalves: boolean): FrozenWeights {
  const { directory, config, layout, paths } = files;
  const blocks = frozenBlocks(files, inHalves);
  const inSingles = blocks.reduce((sum, { size, type }) => sum + size / (type === 'float16' ? 2 : 1), 0);
  checkMemory(directory, inSingles, 1);
  const values = new Map<string, Float32Array | Uint16Array>(
    blocks.map(({ name, size, type }) => [
      name,
      type === 'float16' ? new Uint16Array(size) : new Float32Array(size),
    ]),
  );
  const place = new Map(
    [...blockParameters(config, layout)].flatMap(([block, parts]) =>
      parts.map(
        ({ name, offset, size }) => [name, { block, start: offset - parts[0]!.offset, size }] as const,
      ),
    ),
  );
  for (const path of paths) {
    withWeights(path, (file) => {
      for (const name of file.tensors.keys()) {
        const found = place.get(name);
        const target = found && values.get(found.block);
        if (target) readPart(file, name, target.subarray(found.start, found.start + found.size));
      }
    });
  }
  return { blocks, values };
}

function readPart(file: SafetensorsFile, name: string, part: Float32Array | Uint16Array): void {
  if (part instanceof Float32Array) file.readInto(name, part);
  else file.readHalvesInto(name, part);
  const isDamaged = part instanceof Float32Array ? hasNonNumber(part) : hasInfiniteHalf(part);
  if (isDamaged) throw notNumbers(file.path, name);
}

function hasNonNumber(values: Float32Array): boolean {
  // Also infinite: x − x is 0 of numbers alone. A loop: callbacks for each of a billion values take seconds.
  for (let index = 0; index < values.length; index++) if (values[index]! - values[index]! !== 0) return true;
  return false;
}

function hasInfiniteHalf(values: Uint16Array): boolean {
  for (let index = 0; index < values.length; index++) if ((values[index]! & 0x7c00) === 0x7c00) return true;
  return false;
}

export function notNumbers(path: string, name: string): InputError {
  return new InputError(
    `${path}: ${name} has a value that is not a number, or is infinite.`,
    'The weights were damaged, or saved after a training that diverged: use others.',
  );
}

export function withWeights<T>(path: string, use: (file: SafetensorsFile) => T): T {
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
