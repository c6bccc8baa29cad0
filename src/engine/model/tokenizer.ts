import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { errorText, InputError } from '../errors.js';

/** The two files of a tokenizer, as texts, so that a checkpoint carries them unchanged. */
export interface TokenizerTexts {
  tokenizer: string;
  config: string;
}

/** Text to tokens and back, by the policy's own `tokenizer.json`. */
export class Tokenizer {
  private constructor(
    private readonly inner: HuggingFaceTokenizer,
    readonly texts: TokenizerTexts,
    /** 1 + the largest token id. */
    readonly vocabularySize: number,
  ) {}

  /** @throws InputError when `tokenizer.json` is missing or cannot be used */
  static load(directory: string): Tokenizer {
    const path = join(directory, 'tokenizer.json');
    let tokenizer: string;
    try {
      tokenizer = readFileSync(path, 'utf8');
    } catch (error) {
      throw new InputError(
        `${path}: cannot be read (${errorText(error)}).`,
        'A policy folder needs the tokenizer.json it was trained with.',
      );
    }
    let config = '{}';
    try {
      config = readFileSync(join(directory, 'tokenizer_config.json'), 'utf8');
    } catch {
      // Optional: it names special tokens that this engine takes from config.json.
    }
    return Tokenizer.parse({ tokenizer, config }, path);
  }

  static parse(texts: TokenizerTexts, path: string): Tokenizer {
    try {
      const json: unknown = JSON.parse(texts.tokenizer);
      const inner = new HuggingFaceTokenizer(json as object, JSON.parse(texts.config) as object);
      const ids = [...inner.get_vocab(true).values()];
      return new Tokenizer(inner, texts, Math.max(-1, ...ids) + 1);
    } catch (error) {
      throw new InputError(
        `${path}: is not a usable tokenizer (${errorText(error)}).`,
        'Save the tokenizer again with transformers, in its fast form.',
      );
    }
  }

  /** Token ids; no special tokens are added. */
  encode(text: string): number[] {
    return this.inner.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of token ids, special tokens left out unless asked for. */
  decode(ids: readonly number[], skipSpecialTokens = true): string {
    return ids.length === 0 ? '' : this.inner.decode([...ids], { skip_special_tokens: skipSpecialTokens });
  }
}
