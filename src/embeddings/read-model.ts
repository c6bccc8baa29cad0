/** How a sentence-embedding model is used, from the files beside its graph. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../errors.js';
import { readRegularFileSync } from '../runs/protocol/index.js';
import { checkFolder, graphIn } from './model-files.js';

/** What becomes of the states of a text's tokens: their mean, the first, the largest of each value, the last. */
export type Pooling = 'mean' | 'cls' | 'max' | 'last';

export interface EmbeddingModel {
  /** The setting that names it, for messages. */
  field: string;
  folder: string;
  /** Absolute path of the ONNX file; null for weights of the architecture of policies. */
  graph: string | null;
  /** `tokenizer.json` and `tokenizer_config.json`, as they are. */
  tokenizer: object;
  tokenizerConfig: object;
  pooling: Pooling;
  /** Tokens of a text that are read, special ones counted. */
  longest: number;
  /** Rows of the embedding of tokens, where `config.json` says it. */
  vocabulary: number | null;
  padTokenId: number;
}

/** Tokens of a text, unless the model reads fewer. As the torch engine has it. */
const mostTokens = 512;

const count = z.int().min(1);
const configSchema = z.looseObject({
  vocab_size: count.nullish(),
  max_position_embeddings: count.nullish(),
  pad_token_id: z.int().min(0).nullish(),
});
const tokenizerConfigSchema = z.looseObject({ model_max_length: z.number().positive().nullish() });
const sentenceConfigSchema = z.looseObject({ max_seq_length: count.nullish() });
const modulesSchema = z.array(z.looseObject({ path: z.string().default(''), type: z.string() }));
/** Newer files name the mode, older ones have a flag for each. */
const poolingSchema = z.looseObject({ pooling_mode: z.union([z.string(), z.array(z.string())]).optional() });

/** A module's class, without the package that moves between versions. */
const className = (type: string): string => type.split('.').at(-1) ?? type;

/** Names of modes, as sentence-transformers writes them. The direction of a sum over √n is that of the mean. */
const modes: Readonly<Record<string, Pooling>> = {
  mean: 'mean',
  mean_tokens: 'mean',
  mean_sqrt_len_tokens: 'mean',
  cls: 'cls',
  cls_token: 'cls',
  max: 'max',
  max_tokens: 'max',
  lasttoken: 'last',
};

/**
 * @param field the setting that names the model
 * @throws InputError by file and key
 */
export function readEmbeddingModel(folder: string, field: string): EmbeddingModel {
  checkFolder(folder, field);
  const refuse = (file: string, problem: string, hint: string): never => {
    throw new InputError(`${field}: ${join(folder, file)}: ${problem}.`, hint);
  };
  const read = <Value>(file: string, schema: z.ZodType<Value>): Value | null => {
    if (!existsSync(join(folder, file))) return null;
    try {
      return schema.parse(JSON.parse(readRegularFileSync(join(folder, file))));
    } catch (error) {
      const [issue] = error instanceof z.ZodError ? error.issues : [];
      const problem = issue ? `${issue.path.join('.')}: ${issue.message}` : reasonOf(error);
      return refuse(file, problem, 'Copy it again from the model.');
    }
  };
  const config = read('config.json', configSchema);
  const tokenizer = read('tokenizer.json', z.looseObject({}));
  const tokenizerConfig = read('tokenizer_config.json', tokenizerConfigSchema);
  const sentences = read('sentence_bert_config.json', sentenceConfigSchema);
  const modules = read('modules.json', modulesSchema) ?? [];
  for (const { type } of modules) {
    if (['Transformer', 'Pooling', 'Normalize'].includes(className(type))) continue;
    refuse(
      'modules.json',
      `the model has a ${className(type)} layer, which is not supported`,
      'Choose a model of Transformer, Pooling and Normalize alone, such as sentence-transformers/all-MiniLM-L6-v2.',
    );
  }
  const pooled = modules.find(({ type }) => className(type) === 'Pooling');
  const poolingFile = `${pooled?.path || '1_Pooling'}/config.json`;
  const pooling = poolingOf(read(poolingFile, poolingSchema), (problem) =>
    refuse(poolingFile, problem, 'Choose a model that takes the mean, the first, the largest or the last.'),
  );
  const limits = [
    mostTokens,
    sentences?.max_seq_length ?? tokenizerConfig?.model_max_length,
    config?.max_position_embeddings,
  ];
  return {
    field,
    folder,
    graph: graphIn(folder),
    tokenizer: tokenizer!,
    tokenizerConfig: tokenizerConfig ?? {},
    pooling,
    longest: Math.min(...limits.filter((limit) => typeof limit === 'number')),
    vocabulary: config?.vocab_size ?? null,
    padTokenId: config?.pad_token_id ?? 0,
  };
}

function poolingOf(
  config: z.infer<typeof poolingSchema> | null,
  refuse: (problem: string) => never,
): Pooling {
  if (config === null) return 'mean';
  const named = [config.pooling_mode ?? []].flat();
  const flags = Object.entries(config)
    .filter(([key, value]) => key.startsWith('pooling_mode_') && value === true)
    .map(([key]) => key.slice('pooling_mode_'.length));
  const chosen = named.length > 0 ? named : flags;
  const [mode = 'none'] = chosen;
  if (chosen.length > 1)
    return refuse(`the pooling modes ${chosen.join(' and ')} together are not supported`);
  return modes[mode] ?? refuse(`the pooling mode ${mode} is not supported`);
}
