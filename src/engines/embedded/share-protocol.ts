/** What is asked of a thread that computes a share of a step, and what it gives. */
import type { GradientPass, Objective, PassSums } from './gradient.js';
import type { ModelConfig, WeightBlock } from './model/index.js';
import type { PassSettings } from './plan/index.js';
import type { RuntimeOptions } from './provider.js';
import type { Rollout, SamplingRequest } from './sampling.js';
import type { SequenceChunk } from './sequences.js';

export interface ShareSettings {
  config: ModelConfig;
  blocks: readonly WeightBlock[];
  /** null where nothing is trained. */
  objective: Objective | null;
  passes: PassSettings;
}

/** With the uniform numbers, [maxNewTokens, rows]: functions do not go from thread to thread. */
export type SharedRequest = Omit<SamplingRequest, 'fillUniforms'> & { uniforms: Float32Array };

export function sharedRequest({ fillUniforms, ...request }: SamplingRequest): SharedRequest {
  const rows = request.prompts.length * request.samplesPerPrompt;
  const uniforms = new Float32Array(request.maxNewTokens * rows);
  for (let position = 0; position < request.maxNewTokens; position++) {
    fillUniforms(uniforms.subarray(position * rows, (position + 1) * rows), position);
  }
  return { ...request, uniforms };
}

export interface ShareWork {
  sample: { input: { request: SharedRequest }; result: Rollout };
  /** Log-probabilities of the packed tokens of each chunk. */
  score: { input: { chunks: readonly SequenceChunk[]; temperature: number }; result: Float32Array[] };
  /** The sums of each pass; the gradient itself is in the memory that both threads see. */
  gradient: { input: { passes: readonly GradientPass[]; temperature: number }; result: PassSums[] };
}

export type ShareKind = keyof ShareWork;
export type ShareJob = { [Kind in ShareKind]: { kind: Kind } & ShareWork[Kind]['input'] }[ShareKind];

/** What a thread starts with. The arrays are memory that both threads see. */
export interface ShareData {
  settings: ShareSettings;
  options: RuntimeOptions;
  /** What a job computes with: they change between jobs. */
  weights: Float32Array;
  /** That of the last gradient job; empty where nothing is trained. */
  gradient: Float32Array;
}

export type ShareMessage = ShareJob | 'end';
export type ShareReply = { result: unknown } | { error: unknown };
