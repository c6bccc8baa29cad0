/** What a policy would not read whole is refused by its place, in training as in evaluation. */
import { expect, test } from 'vitest';
import { encodePrompt } from '../../../../src/engines/embedded/encode-prompt.js';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';
import { trainingPrompts } from '../../../../src/tasks/prompts.js';
import { tinyPolicy } from './saved-policy.js';

const policy = tinyPolicy();
const where = '/data/sums.csv, line 2';
const words = Tokenizer.parse(
  {
    tokenizer: JSON.stringify({
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'Unigram',
        vocab: ['<unk>', 'one', 'k', 'en', ' '].map((text) => [text, -1]),
        unk_id: 0,
      },
    }),
    config: '{"tokenizer_class":"PreTrainedTokenizerFast"}',
  },
  'tokenizer.json',
);

test.each([
  ['3,7=ä:', /^\/data\/sums\.csv, line 2: The policy's tokenizer cannot write "ä" of problem p\.$/],
  ['x', /cannot write "x"/],
  ['', /line 2: Problem p is no token at all/],
  ['1'.repeat(61), /line 2: Problem p has 61 tokens, which with 4 new ones exceed the policy's 64 positions/],
])('%j is refused', (text, message) => {
  expect(() => encodePrompt(policy, { id: 'p', text, where }, 4)).toThrow(message);
});

test('a word that stands for the unknown does not hide it', () => {
  const config = policy.config;
  const encode = (text: string) => encodePrompt({ tokenizer: words, config }, { id: 'p', text }, 4);
  expect(encode('one k')).toEqual([1, 4, 2]);
  expect(() => encode('one u')).toThrow('cannot write "u" of problem p');
  expect(() => encode('k k en keen one')).toThrow('cannot write "keen" of problem p');
});

test('all that Countdown may draw is foreseen', () => {
  const settings = { numberCounts: [3, 4], maxNumber: 20, maxTarget: 100 };
  const { foreseen } = trainingPrompts(settings, 0);
  expect(foreseen.map(({ text }) => text)).toEqual(['1,2,3,4,5,6,7,8,9,0=0:', '20,20,20,20=100:']);
  for (const prompt of foreseen) expect(encodePrompt(policy, prompt, 4)).toHaveLength(prompt.text.length);
});
