/** Sampling on the device against the processor: the same numbers give the same tokens. */
import { expect, test } from 'vitest';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import type { ModelConfig } from '../../src/engines/embedded/model/config.js';
import { initializeParameters } from '../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../src/engines/embedded/model/parameters.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { Sampler } from '../../src/engines/embedded/rollout.js';
import { fillUniform } from '../../src/random.js';
import { largestError } from '../unit/engines/embedded/parity-case.js';

/** Heads as GroupQueryAttention takes them. The larger vocabulary is sampled from in two steps. */
const config = (vocabSize: number): ModelConfig => ({
  ...{ vocabSize, hiddenSize: 32, layers: 1, heads: 2, kvHeads: 1, headDim: 16, intermediateSize: 48 },
  ...{ maxPositions: 64, rmsNormEpsilon: 1e-6, ropeTheta: 10_000, tieWordEmbeddings: true },
  ...{ padTokenId: 0, eosTokenIds: [3, 5], bosTokenId: null },
});

test.each([60, 1500])('of %i tokens', async (vocabSize) => {
  const sizes = config(vocabSize);
  const layout = parameterLayout(sizes);
  const weights = initializeParameters(layout, 1).map((value) => 8 * value);
  const sample = async (device: 'cpu' | 'webgpu') => {
    const sampler = new Sampler(sizes, weightBlocks(sizes, layout), runtimeOptions(1, device));
    const rollout = await sampler.sample(weights, {
      prompts: [[2, 7], [9, 8, 7, 6, 30], [4]],
      samplesPerPrompt: 4,
      // More than one look at what was sampled, and an odd number of tokens.
      maxNewTokens: 11,
      temperature: 0.9,
      fillUniforms: (target, position) => fillUniform(target, 1, 2, 12 * position),
    });
    await sampler.release();
    return rollout;
  };
  const [expected, found] = [await sample('cpu'), await sample('webgpu')];
  const tokens = ({ responses }: typeof found) => responses.map((response) => response.tokens);
  expect(tokens(found)).toEqual(tokens(expected));
  for (const [row, { logProbabilities, finished }] of found.responses.entries()) {
    expect(finished).toBe(expected.responses[row]!.finished);
    expect(largestError(logProbabilities, expected.responses[row]!.logProbabilities)).toBeLessThan(1e-4);
  }
  expect(largestError(found.probabilitySums, expected.probabilitySums)).toBeLessThan(1e-4);
});
