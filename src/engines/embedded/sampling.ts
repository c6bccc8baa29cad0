/** What is asked of a sampler, and what it gives. */

export interface SampledResponse {
  /** The end-of-sequence token is the last one when `finished`. */
  tokens: number[];
  /** log p of each sampled token, at the sampling temperature. */
  logProbabilities: Float32Array;
  /** False when the length limit cut the response off. */
  finished: boolean;
}

export interface Rollout {
  /** The samples of the first prompt, then those of the second, … */
  responses: SampledResponse[];
  /** Σ_t p_t over each response's tokens, [responses, vocabSize]: what METHOD's feature is made from. */
  probabilitySums: Float32Array;
}

export interface SamplingRequest {
  prompts: readonly (readonly number[])[];
  samplesPerPrompt: number;
  maxNewTokens: number;
  /** 0 takes the likeliest token each time. */
  temperature: number;
  /** Fills the uniform numbers in [0, 1) for one position of all rows; the same numbers give the same samples. */
  fillUniforms: (target: Float32Array, position: number) => void;
}
