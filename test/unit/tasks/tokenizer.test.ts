import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import {
  countdownTokenizer,
  countdownVocabularySize,
  eosTokenId,
  padTokenId,
} from '../../../src/tasks/countdown-tokenizer.js';
import { demonstrations } from '../../../src/tasks/demonstrations.js';

// Through JSON, as it is on disk.
const files = JSON.parse(JSON.stringify(countdownTokenizer())) as ReturnType<typeof countdownTokenizer>;
const tokenizer = new Tokenizer(files.tokenizer, files.config);

describe('countdownTokenizer', () => {
  it('has 21 tokens: pad, end of sequence, and the characters in order', () => {
    expect(countdownVocabularySize).toBe(21);
    const tokens = Array.from({ length: 21 }, (_, id) => tokenizer.id_to_token(id));
    expect(tokens).toEqual(['<pad>', '<eos>', ...'0123456789+-*/()=,:']);
    expect(tokenizer.token_to_id('<pad>')).toBe(padTokenId);
    expect(tokenizer.token_to_id('<eos>')).toBe(eosTokenId);
  });

  it('has one id a character, adds none, and gives back the text', () => {
    const all = demonstrations({ numberCounts: [3, 4], maxNumber: 20, maxTarget: 100 }, 0);
    for (let i = 0; i < 200; i++) {
      const { prompt, response } = all.example(i);
      const text = prompt + response;
      const { ids } = tokenizer.encode(text);
      expect(ids).toHaveLength(text.length);
      expect(ids.every((id) => id > eosTokenId && id < countdownVocabularySize)).toBe(true);
      expect(tokenizer.decode(ids)).toBe(text);
      expect(tokenizer.decode([0, 0, ...ids, 1, 0], { skip_special_tokens: true })).toBe(text);
      // A prompt and its response, encoded apart, are the whole encoded at once.
      expect([...tokenizer.encode(prompt).ids, ...tokenizer.encode(response).ids]).toEqual(ids);
    }
  });

  it('knows its special tokens and drops characters that it does not have', () => {
    expect(tokenizer.encode('3<eos>').ids).toEqual([5, eosTokenId]);
    expect(tokenizer.encode('3 x+💥7').ids).toEqual([5, 12, 9]);
    expect(tokenizer.encode('').ids).toEqual([]);
  });
});
