import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import { readRegularFileSync } from '../../../runs/protocol/index.js';
import {
  type ReadingSettings,
  readTokenizerJson,
  type TokenizerJson,
  unknownIdOf,
} from './tokenizer-json.js';

/** Names of the files that a tokenizer is read from; the first one is necessary. */
export const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
] as const;

/** The files of a tokenizer, as texts, so that a checkpoint carries them unchanged. */
export interface TokenizerTexts {
  tokenizer: string;
  config: string;
  /** `chat_template.jinja`, where newer versions of transformers keep it. */
  chatTemplate?: string;
  /** `special_tokens_map.json`, where older versions of transformers keep the special tokens. */
  specialTokens?: string;
}

/** One message of a chat. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

const specialToken = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const configSchema = z.looseObject({
  chat_template: z
    .union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))])
    .nullish(),
  bos_token: specialToken,
  eos_token: specialToken,
  unk_token: specialToken,
  sep_token: specialToken,
  pad_token: specialToken,
  cls_token: specialToken,
  mask_token: specialToken,
  // In some files an object of named ones.
  additional_special_tokens: z.array(specialToken).nullish().catch(null),
  extra_special_tokens: z.array(specialToken).nullish().catch(null),
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).nullish(),
  add_prefix_space: z.boolean().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  split_special_tokens: z.boolean().nullish(),
  tokenizer_class: z.string().nullish(),
  clean_up_tokenization_spaces: z.boolean().nullish(),
  clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: z.boolean().nullish(),
});

/** Tokens with a role, in transformers' order. */
const roles = {
  bos_token: true,
  eos_token: true,
  unk_token: true,
  sep_token: true,
  pad_token: true,
  cls_token: true,
  mask_token: true,
} as const;

const tokenText = (token: z.infer<typeof specialToken>): string =>
  typeof token === 'string' ? token : (token?.content ?? '');

/** What transformers makes of the files, where they say something that can be read. */
function configOf(texts: TokenizerTexts): Partial<z.infer<typeof configSchema>> {
  const parsed = configSchema.safeParse(JSON.parse(texts.config));
  const config = parsed.success ? parsed.data : {};
  if (texts.specialTokens === undefined || 'added_tokens_decoder' in config) return config;
  const older = configSchema.pick(roles);
  const special = older.safeParse(JSON.parse(texts.specialTokens));
  return special.success ? { ...config, ...special.data } : config;
}

/** Its text; empty without one. Qwen's class, which transformers takes where none is named, has one of its own. */
function endTokenOf(texts: TokenizerTexts): string {
  const config = configOf(texts);
  if (config.eos_token !== undefined) return tokenText(config.eos_token);
  return /^Qwen2Tokenizer(Fast)?$/.test(config.tokenizer_class ?? 'Qwen2Tokenizer') ? '<|endoftext|>' : '';
}

/** The texts of the tokens with a role that the files name. */
function roleTexts(config: ReturnType<typeof configOf>): Record<string, string> {
  const named = Object.keys(roles).map(
    (role) => [role, tokenText(config[role as keyof typeof roles])] as const,
  );
  return Object.fromEntries(named.filter(([, text]) => text !== ''));
}

function readingSettings(config: ReturnType<typeof configOf>): ReadingSettings {
  const further = [...(config.additional_special_tokens ?? []), ...(config.extra_special_tokens ?? [])];
  return {
    tokenizerClass: config.tokenizer_class ?? null,
    addPrefixSpace: config.add_prefix_space === true,
    addsTokens: config.add_bos_token === true || config.add_eos_token === true,
    splitSpecialTokens: config.split_special_tokens === true,
    addedTokens: config.added_tokens_decoder ?? {},
    specialTokens: [...Object.values(roleTexts(config)), ...further.map(tokenText)].filter(Boolean),
  };
}

/**
 * Whether decoding takes out spaces before punctuation, as transformers does: of byte pair encodings, whose spaces are
 * the text's own, only where the files insist.
 */
const cleansUpSpaces = (config: ReturnType<typeof configOf>, { model }: TokenizerJson): boolean =>
  config.clean_up_tokenization_spaces === true &&
  (model.type !== 'BPE' ||
    config.clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output === true);

/** Text to tokens and back, by the policy's own `tokenizer.json`. */
export class Tokenizer {
  private constructor(
    private readonly inner: HuggingFaceTokenizer,
    readonly texts: TokenizerTexts,
    /** 1 + the largest token id. */
    readonly vocabularySize: number,
    /** The token that ends a sequence by the tokenizer's own files; null when they name none that it has. */
    readonly endTokenId: number | null,
    /** Written in place of what the tokenizer does not know; null when it has no such token. */
    readonly unknownTokenId: number | null,
    private readonly cleansUpSpaces: boolean,
  ) {}

  /** @throws InputError when `tokenizer.json` is missing or cannot be used */
  static load(directory: string): Tokenizer {
    const path = join(directory, 'tokenizer.json');
    let tokenizer: string;
    try {
      tokenizer = readRegularFileSync(path);
    } catch (error) {
      throw new InputError(
        `${path}: cannot be read (${reasonOf(error)}).`,
        'A policy folder needs the tokenizer.json it was trained with.',
      );
    }
    // Optional: config.json may name the special tokens as well, and not every policy can chat.
    const config = readOptional(join(directory, 'tokenizer_config.json'));
    const chatTemplate = readOptional(join(directory, 'chat_template.jinja'));
    const specialTokens = readOptional(join(directory, 'special_tokens_map.json'));
    return Tokenizer.parse(
      {
        tokenizer,
        config: config ?? '{}',
        ...(chatTemplate !== null && { chatTemplate }),
        ...(specialTokens !== null && { specialTokens }),
      },
      path,
    );
  }

  static parse(texts: TokenizerTexts, path: string): Tokenizer {
    try {
      const config = configOf(texts);
      const json = readTokenizerJson(JSON.parse(texts.tokenizer), readingSettings(config), path);
      // Its settings are in the JSON; by its own reading of others the library would do more.
      const inner = new HuggingFaceTokenizer(json, {});
      const ids = [...inner.get_vocab(true).values()];
      const size = Math.max(-1, ...ids) + 1;
      const end = inner.token_to_id(endTokenOf(texts)) ?? null;
      const unknown = unknownIdOf(json);
      return new Tokenizer(inner, texts, size, end, unknown, cleansUpSpaces(config, json));
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(
        `${path}: is not a usable tokenizer (${reasonOf(error)}).`,
        'Save the tokenizer again with transformers, in its fast form.',
      );
    }
  }

  /** Token ids; no special tokens are added. */
  encode(text: string): number[] {
    return this.#ids(text, false);
  }

  /** Token ids of what a policy reads, with the special tokens that the tokenizer's files put around a text. */
  encodePrompt(text: string): number[] {
    return this.#ids(text, true);
  }

  #ids(text: string, special: boolean): number[] {
    const ids: (number | undefined)[] = this.inner.encode(text, { add_special_tokens: special }).ids;
    // What the vocabulary lacks has no id there.
    return ids.map((id) => id ?? this.unknownTokenId).filter((id) => id !== null);
  }

  /** The text of token ids, special tokens left out unless asked for. */
  decode(ids: readonly number[], skipSpecialTokens = true): string {
    if (ids.length === 0) return '';
    return this.inner.decode([...ids], {
      skip_special_tokens: skipSpecialTokens,
      clean_up_tokenization_spaces: this.cleansUpSpaces,
    });
  }

  /**
   * The text of a chat up to where the assistant speaks, by the policy's chat template; null when it has none.
   * @throws InputError when the template cannot be rendered
   */
  chat(messages: readonly ChatMessage[]): string | null {
    const own = configOf(this.texts);
    const listed = Array.isArray(own.chat_template)
      ? own.chat_template.find(({ name }) => name === 'default')?.template
      : own.chat_template;
    const source = this.texts.chatTemplate ?? listed;
    if (!source) return null;
    try {
      const special = roleTexts(own);
      const text = new Template(source).render({ messages, add_generation_prompt: true, ...special });
      // Where encoding puts a first token by itself, the template's must not come twice.
      const start = special.bos_token;
      const doubled = start !== undefined && this.encodePrompt('')[0] === this.inner.token_to_id(start);
      return doubled && text.startsWith(start) ? text.slice(start.length) : text;
    } catch (error) {
      throw new InputError(
        `The policy's chat template cannot be rendered (${reasonOf(error)}).`,
        'Correct chat_template in tokenizer_config.json or chat_template.jinja, or remove it for plain prompts.',
      );
    }
  }
}

function readOptional(path: string): string | null {
  try {
    return readRegularFileSync(path);
  } catch {
    return null;
  }
}
