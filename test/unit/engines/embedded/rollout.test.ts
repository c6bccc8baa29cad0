/** Sampling: its distribution, its log-probabilities and its sums, against passes over the whole sequence. */
import { expect, test } from 'vitest';
import { LogProbabilities } from '../../../../src/engines/embedded/log-probabilities.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { chunkSequences } from '../../../../src/engines/embedded/sequences.js';
import { fillUniform, streamOf } from '../../../../src/random.js';
import { options, testOnProcessor } from './device.js';
import { largestError, loadCase } from './parity-case.js';

const parity = loadCase('tied-grouped');
const { blocks, weights } = parity;
const config = { ...parity.config, eosTokenIds: [5] };
const prompts = [[2], [3, 4], [7, 8, 9, 10, 11, 12]];

function sample(samplesPerPrompt: number, seed = 1, maxNewTokens = 6, asked = prompts, ends = [5]) {
  const sampler = new Sampler({ ...config, eosTokenIds: ends }, blocks, options);
  return sampler.sample(weights, {
    prompts: asked,
    samplesPerPrompt,
    maxNewTokens,
    temperature: 0.8,
    fillUniforms: (target, position) =>
      fillUniform(target, seed, streamOf('sampling', 1), position * asked.length * samplesPerPrompt),
  });
}

test('log-probabilities equal those of a pass over the whole sequence', async () => {
  const { responses } = await sample(8);
  const sequences = responses.map(({ tokens }, row) => ({
    prompt: prompts[Math.floor(row / 8)]!,
    completion: tokens,
  }));
  const scorer = new LogProbabilities(config, blocks, options);
  const scores = await scorer.score(weights, sequences, chunkSequences(sequences, 7, 0), 0.8);
  responses.forEach(({ logProbabilities }, row) => {
    expect(largestError(logProbabilities, scores[row]!)).toBeLessThan(1e-5);
  });
});

testOnProcessor('long responses go on as they were when most others have ended', async () => {
  const asked = [[2], [3, 4], Array.from({ length: 30 }, (_, index) => 6 + (index % 7))];
  const { responses } = await sample(32, 1, 24, asked, [5, 6, 7, 8, 9, 10]);
  const lengths = responses.map(({ tokens }) => tokens.length).sort((a, b) => a - b);
  expect(lengths.at(-1)!).toBeGreaterThan(4 * lengths[48]!);
  const sequences = responses.map(({ tokens }, row) => ({
    prompt: asked[Math.floor(row / 32)]!,
    completion: tokens,
  }));
  const scorer = new LogProbabilities(config, blocks, options);
  const scores = await scorer.score(weights, sequences, chunkSequences(sequences, 24, 0), 0.8);
  for (const [row, { logProbabilities }] of responses.entries()) {
    expect(largestError(logProbabilities, scores[row]!)).toBeLessThan(1e-5);
  }
});

test('responses end with the end-of-sequence token, or at the limit', async () => {
  const { responses } = await sample(options.device === 'cpu' ? 64 : 16);
  expect(responses.some(({ finished }) => finished)).toBe(true);
  expect(responses.some(({ finished }) => !finished)).toBe(true);
  for (const { tokens, finished } of responses) {
    expect(tokens.indexOf(5)).toBe(finished ? tokens.length - 1 : -1);
    if (!finished) expect(tokens).toHaveLength(6);
  }
});

test('probability sums add up to the length of each response, end-of-sequence counted', async () => {
  const { responses, probabilitySums } = await sample(16);
  responses.forEach(({ tokens }, row) => {
    const sums = probabilitySums.subarray(row * config.vocabSize, (row + 1) * config.vocabSize);
    expect(sums.reduce((total, value) => total + value, 0)).toBeCloseTo(tokens.length, 4);
  });
});

test('the same seed gives the same samples, another one others', async () => {
  const tokens = async (seed: number) => (await sample(8, seed)).responses.map((response) => response.tokens);
  expect(await tokens(1)).toEqual(await tokens(1));
  expect(await tokens(1)).not.toEqual(await tokens(2));
});

test('first tokens follow the distribution of the policy', async () => {
  // As many would take a driver that computes on the processor a minute.
  const count = options.device === 'cpu' ? 4000 : 400;
  const { responses } = await sample(count, 3, 1);
  const scorer = new LogProbabilities(config, blocks, options);
  for (const [index, prompt] of prompts.entries()) {
    const sequences = Array.from({ length: config.vocabSize }, (_, token) => ({
      prompt,
      completion: [token],
    }));
    const scores = await scorer.score(weights, sequences, chunkSequences(sequences, 32, 0), 0.8);
    let chiSquare = 0;
    for (let token = 0; token < config.vocabSize; token++) {
      const expected = count * Math.exp(scores[token]![0]!);
      const found = responses
        .slice(index * count, (index + 1) * count)
        .filter(({ tokens }) => tokens[0] === token).length;
      chiSquare += (found - expected) ** 2 / expected;
    }
    // 22 degrees of freedom: above 48.3 once in a thousand draws; the draw is fixed by its seed.
    expect(chiSquare).toBeLessThan(48.3);
  }
});

test('a prompt that does not fit the positions is refused with the setting to change', async () => {
  await expect(sample(1, 1, 1000)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining('A prompt of 6 tokens and 1000 new ones'),
    hint: expect.stringContaining('maxNewTokens'),
  });
});
