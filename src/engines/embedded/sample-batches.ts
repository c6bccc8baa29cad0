/** Samples as many responses at once as memory allows. */
import type { ModelConfig, ModelWeights } from './model/index.js';
import { rowsPerBatch } from './plan/index.js';
import type { Sampler } from './rollout.js';
import type { Rollout, SamplingRequest } from './sampling.js';

/** Some of the samples of some of the prompts. */
interface Batch {
  firstPrompt: number;
  prompts: number;
  firstSample: number;
  samples: number;
}

/** Whole groups as long as one fits, else parts of a group. */
function batchesOf(prompts: number, samplesPerPrompt: number, rows: number): Batch[] {
  const together = Math.min(prompts, Math.max(1, Math.floor(rows / samplesPerPrompt)));
  const samples = Math.min(samplesPerPrompt, rows);
  const batches: Batch[] = [];
  for (let firstPrompt = 0; firstPrompt < prompts; firstPrompt += together) {
    for (let firstSample = 0; firstSample < samplesPerPrompt; firstSample += samples) {
      batches.push({
        firstPrompt,
        prompts: Math.min(together, prompts - firstPrompt),
        firstSample,
        samples: Math.min(samples, samplesPerPrompt - firstSample),
      });
    }
  }
  return batches;
}

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
  const total = prompts.length * samplesPerPrompt;
  if (total <= rows) return sampler.sample(weights, request);
  const { vocabSize } = config;
  const responses = new Array<Rollout['responses'][number]>(total);
  const probabilitySums = new Float32Array(total * vocabSize);
  const all = new Float32Array(total);
  for (const { firstPrompt, samples, firstSample, ...batch } of batchesOf(
    prompts.length,
    samplesPerPrompt,
    rows,
  )) {
    const places = Array.from({ length: batch.prompts * samples }, (_, row) => {
      const prompt = firstPrompt + Math.floor(row / samples);
      return prompt * samplesPerPrompt + firstSample + (row % samples);
    });
    const sampled = await sampler.sample(weights, {
      ...request,
      prompts: prompts.slice(firstPrompt, firstPrompt + batch.prompts),
      samplesPerPrompt: samples,
      fillUniforms: (target, position) => {
        request.fillUniforms(all, position);
        for (const [row, place] of places.entries()) target[row] = all[place]!;
      },
    });
    for (const [row, place] of places.entries()) {
      responses[place] = sampled.responses[row]!;
      const sums = sampled.probabilitySums.subarray(row * vocabSize, (row + 1) * vocabSize);
      probabilitySums.set(sums, place * vocabSize);
    }
  }
  return { responses, probabilitySums };
}

const longestOf = (prompts: SamplingRequest['prompts']): number =>
  Math.max(...prompts.map((prompt) => prompt.length));
