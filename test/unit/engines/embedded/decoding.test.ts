/** Token ids become the text that transformers makes of them. */
import { expect, test } from 'vitest';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';

const characters = [...'36!=n ,.'];
const text = '3 != 6 , n ! .';
const cleaned = '3!= 6, n!.';

function decoded(type: 'BPE' | 'Unigram', config: Record<string, unknown>): string {
  const model =
    type === 'BPE'
      ? { type, vocab: Object.fromEntries(characters.map((character, id) => [character, id])), merges: [] }
      : { type, vocab: characters.map((character) => [character, -1]), unk_id: 0 };
  const tokenizer = JSON.stringify({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model,
  });
  const ids = [...text].map((character) => characters.indexOf(character));
  // Without a class it would be Qwen's, whose letters are bytes.
  const whole = JSON.stringify({ tokenizer_class: 'PreTrainedTokenizerFast', ...config });
  return Tokenizer.parse({ tokenizer, config: whole }, 'tokenizer.json').decode(ids);
}

test('spaces before punctuation are the text of the policy, unless its tokenizer says otherwise', () => {
  const yes = { clean_up_tokenization_spaces: true };
  const insists = { ...yes, clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output: true };
  const expected = [
    [{}, text, text],
    [{ clean_up_tokenization_spaces: null }, text, text],
    [{ clean_up_tokenization_spaces: false }, text, text],
    // As transformers 5 has it, of byte pair encodings only on insistence.
    [yes, text, cleaned],
    [insists, cleaned, cleaned],
  ] as const;
  for (const [config, bpe, unigram] of expected) {
    expect(decoded('BPE', config)).toBe(bpe);
    expect(decoded('Unigram', config)).toBe(unigram);
  }
});
