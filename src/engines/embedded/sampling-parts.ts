/** A request for samples cut into parts, and their rollouts put together. */
import type { Rollout, SamplingRequest } from './sampling.js';

/** Some of the samples of some of the prompts. */
export interface SamplingPart {
  firstPrompt: number;
  prompts: number;
  firstSample: number;
  samples: number;
}

/** Parts of at most `rows` samples: whole groups as long as one fits, else pieces of a group. */
export function partsOfSize(prompts: number, samplesPerPrompt: number, rows: number): SamplingPart[] {
  const together = Math.min(prompts, Math.max(1, Math.floor(rows / samplesPerPrompt)));
  const samples = Math.min(samplesPerPrompt, rows);
  const parts: SamplingPart[] = [];
  for (let firstPrompt = 0; firstPrompt < prompts; firstPrompt += together) {
    for (let firstSample = 0; firstSample < samplesPerPrompt; firstSample += samples) {
      parts.push({
        firstPrompt,
        prompts: Math.min(together, prompts - firstPrompt),
        firstSample,
        samples: Math.min(samples, samplesPerPrompt - firstSample),
      });
    }
  }
  return parts;
}

/** At most `count` parts, as equal as can be: of the prompts where there are enough, else of the samples. */
export function equalParts(prompts: number, samplesPerPrompt: number, count: number): SamplingPart[] {
  const all = { firstPrompt: 0, prompts, firstSample: 0, samples: samplesPerPrompt };
  return prompts >= count || prompts >= samplesPerPrompt
    ? cut(prompts, count).map(([firstPrompt, size]) => ({ ...all, firstPrompt, prompts: size }))
    : cut(samplesPerPrompt, count).map(([firstSample, size]) => ({ ...all, firstSample, samples: size }));
}

/** Where each part of 0 … total − 1 begins, and how many it has. */
function cut(total: number, count: number): [first: number, size: number][] {
  const parts = Math.min(count, total);
  return Array.from({ length: parts }, (_, part) => {
    const first = Math.floor((part * total) / parts);
    return [first, Math.floor(((part + 1) * total) / parts) - first];
  });
}

/** Puts rollouts of parts together. Each response has the uniform numbers that it has when all are sampled at once. */
export class JoinedRollout implements Rollout {
  readonly responses: Rollout['responses'];
  readonly probabilitySums: Float32Array;
  readonly #uniforms: Float32Array;

  constructor(
    private readonly request: SamplingRequest,
    private readonly vocabSize: number,
  ) {
    const rows = request.prompts.length * request.samplesPerPrompt;
    this.responses = new Array(rows);
    this.probabilitySums = new Float32Array(rows * vocabSize);
    this.#uniforms = new Float32Array(rows);
  }

  /** What is asked for a part. */
  requestOf(part: SamplingPart): SamplingRequest {
    const { firstPrompt, prompts, samples } = part;
    const places = this.#places(part);
    return {
      ...this.request,
      prompts: this.request.prompts.slice(firstPrompt, firstPrompt + prompts),
      samplesPerPrompt: samples,
      fillUniforms: (target, position) => {
        this.request.fillUniforms(this.#uniforms, position);
        for (const [row, place] of places.entries()) target[row] = this.#uniforms[place]!;
      },
    };
  }

  put(part: SamplingPart, { responses, probabilitySums }: Rollout): void {
    const { vocabSize } = this;
    for (const [row, place] of this.#places(part).entries()) {
      this.responses[place] = responses[row]!;
      const sums = probabilitySums.subarray(row * vocabSize, (row + 1) * vocabSize);
      this.probabilitySums.set(sums, place * vocabSize);
    }
  }

  /** Of each row of a part its row among all. */
  #places({ firstPrompt, prompts, firstSample, samples }: SamplingPart): number[] {
    return Array.from({ length: prompts * samples }, (_, row) => {
      const prompt = firstPrompt + Math.floor(row / samples);
      return prompt * this.request.samplesPerPrompt + firstSample + (row % samples);
    });
  }
}
