/** An estimate of memory, in parts and in words, and the counts that estimates of both engines need. */
import type { Experiment } from '../../experiment/index.js';
import type { ModelShape } from './model-shape.js';

export interface MemoryPart {
  /** `optimizer (AdamW)`, for people. */
  name: string;
  kind: 'weights' | 'sampling' | 'activations' | 'vllm' | 'other';
  bytes: number;
}

export interface MemoryEstimate {
  /** On the torch engine for each GPU. */
  bytes: number;
  /** Its parts, biggest first. */
  parts: MemoryPart[];
}

/** The sum of the parts, without those that take nothing. */
export function estimateOf(all: readonly MemoryPart[]): MemoryEstimate {
  const parts = all.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), parts };
}

/** Sampling and updating do not happen at the same time. */
export function largerPart(activations: number, cache: number): MemoryPart {
  return cache > activations
    ? { name: 'keys and values while sampling', kind: 'sampling', bytes: cache }
    : { name: 'activations of the update', kind: 'activations', bytes: activations };
}

/** Tokens of a prompt where they are not counted. */
export const promptTokens = (isCountdown: boolean): number => (isCountdown ? 24 : 256);

/** Prompt and response together, in tokens, at the most. */
export function sequenceTokens(experiment: Experiment): number {
  return promptTokens(experiment.task.name === 'countdown') + experiment.rollout.maxNewTokens;
}

/** Weights of adapters on all linear modules of the layers. */
export function adapterCount(shape: ModelShape, rank: number): number {
  const { hidden, heads, keyValueHeads, headSize, intermediate, layers } = shape;
  const pairs = [
    [hidden, heads * headSize],
    [hidden, keyValueHeads * headSize],
    [hidden, keyValueHeads * headSize],
    [heads * headSize, hidden],
    [hidden, intermediate],
    [hidden, intermediate],
    [intermediate, hidden],
  ] as const;
  return layers * rank * pairs.reduce((sum, [input, output]) => sum + input + output, 0);
}

/** `1.5 GiB`. */
export function gibibytes(bytes: number): string {
  const value = bytes / 2 ** 30;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} GiB`;
}

/** `about 41 GiB: optimizer (AdamW) 13 GiB, …`: the parts that matter. */
export function describeMemory({ bytes, parts }: MemoryEstimate): string {
  const worthSaying = parts.filter((part) => part.bytes > bytes / 50);
  const list = worthSaying.map((part) => `${part.name} ${gibibytes(part.bytes)}`).join(', ');
  return `about ${gibibytes(bytes)}: ${list}`;
}
