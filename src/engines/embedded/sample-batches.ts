/** Samples as many responses at once as memory allows. */
import type { ModelConfig, ModelWeights } from './model/index.js';
import { rowsPerBatch } from './plan/index.js';
import type { Sampler } from './rollout.js';
import type { Rollout, SamplingRequest } from './sampling.js';
import { JoinedRollout, partsOfSize } from './sampling-parts.js';

/**
 * As `Sampler.sample`, in batches that fit into memory. What each response is does not depend on the batches: each gets
 * the uniform numbers that it has when all are sampled at once.
 * @param rows responses of a batch
 */
export async function sampleInBatches(
  sampler: Sampler,
  config: ModelConfig,
  weights: ModelWeights,
  request: SamplingRequest,
  rows = rowsPerBatch(config, longestOf(request.prompts) + request.maxNewTokens),
): Promise<Rollout> {
  const { prompts, samplesPerPrompt } = request;
  if (prompts.length * samplesPerPrompt <= rows) return sampler.sample(weights, request);
  const joined = new JoinedRollout(request, config.vocabSize);
  for (const part of partsOfSize(prompts.length, samplesPerPrompt, rows)) {
    joined.put(part, await sampler.sample(weights, joined.requestOf(part)));
  }
  return joined;
}

const longestOf = (prompts: SamplingRequest['prompts']): number =>
  Math.max(...prompts.map((prompt) => prompt.length));
