/** The character tokenizer of Countdown policies, as the two files every Hugging Face library reads. */

const specialTokens = ['<pad>', '<eos>'] as const;

/** Every character that prompts and responses are made of, in the order of their ids, from 2. */
const characters = '0123456789+-*/()=,:';

export const padTokenId = 0;
export const eosTokenId = 1;
/** 21 tokens: two special ones and 19 characters. */
export const countdownVocabularySize = specialTokens.length + characters.length;

/** What becomes `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  tokenizer: Record<string, unknown>;
  config: Record<string, unknown>;
}

/**
 * A byte-pair tokenizer without merges: every character stays a token, and characters outside the alphabet
 * are dropped. `Fuse` puts decoded characters together without spaces.
 */
export function countdownTokenizer(): TokenizerFiles {
  const vocabulary = Object.fromEntries([...specialTokens, ...characters].map((token, id) => [token, id]));
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: specialTokens.map((content, id) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: vocabulary,
        merges: [],
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      pad_token: specialTokens[padTokenId],
      eos_token: specialTokens[eosTokenId],
      clean_up_tokenization_spaces: false,
      padding_side: 'left',
      model_max_length: 1024,
    },
  };
}
