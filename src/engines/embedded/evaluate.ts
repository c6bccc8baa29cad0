/** Benchmark scores of a policy, with the geometry of its responses. */
import { createHash } from 'node:crypto';
import { openedThoughts } from '../../answers/index.js';
import {
  groupSimilarity,
  logDeterminant,
  pairStatistics,
  similarityHistogram,
  upperTriangle,
} from '../../g2rl/index.js';
import { fillUniform, streamOf } from '../../random.js';
import {
  type BenchmarkRecord,
  type EvaluatedProblem,
  type EvaluationHeader,
  RUN_SCHEMA_VERSION,
} from '../../runs/protocol/index.js';
import type { EvaluationWriter } from '../../runs/write/index.js';
import {
  defaultK,
  type EvaluationTask,
  evaluatedProblem,
  evaluationScores,
  type ProblemScores,
  problemScores,
} from '../../tasks/index.js';
import { DeviceMemory } from './device-memory.js';
import type { SentenceEmbedder } from './embeddings/index.js';
import { encodePrompt } from './encode-prompt.js';
import { FeatureProgram } from './features.js';
import type { TensorData } from './graph/index.js';
import {
  blocksOf,
  type HostWeights,
  type Model,
  type ModelConfig,
  type ModelWeights,
} from './model/index.js';
import { rowsPerBatch } from './plan/index.js';
import type { RuntimeOptions } from './provider.js';
import type { Sampler } from './rollout.js';
import type { SampledResponse } from './sampling.js';

export interface EvaluationSettings {
  /** Responses for each problem. */
  samples: number;
  /** 0 is greedy. */
  temperature: number;
  seed: number;
  maxNewTokens: number;
  /** Training step of the policy, for the record. */
  step: number;
  /** Compares the texts of responses; null when no model is named. */
  embedder: SentenceEmbedder | null;
}

/** Responses sampled at once, when memory allows. */
export const mostRows = 256;

/** What an evaluation depends on: kept with its responses, so that only the same one is continued. */
export function evaluationHeader(
  policy: Model,
  task: EvaluationTask,
  { samples, temperature, seed, maxNewTokens, step, embedder }: EvaluationSettings,
): EvaluationHeader {
  const weights = createHash('sha256');
  for (const values of arraysOf(policy.weights)) {
    // A hash takes at most 2 GiB at once.
    const slice = 2 ** 26;
    for (let start = 0; start < values.length; start += slice) {
      weights.update(values.subarray(start, start + slice));
    }
  }
  // Where a problem stands decides nothing.
  const asked = task.problems.map(({ where: _, ...problem }) => problem);
  const problems = createHash('sha256').update(JSON.stringify(asked));
  return {
    schema: RUN_SCHEMA_VERSION,
    step,
    benchmark: task.name,
    samples,
    temperature,
    seed,
    max_new_tokens: maxNewTokens,
    policy: weights.digest('hex'),
    problems: problems.digest('hex'),
    ...(task.compared && { judge: task.compared.judge, answer_kind: task.compared.kind }),
    ...(embedder && { embedding_model: embedder.checksum }),
  };
}

function arraysOf(weights: HostWeights): TensorData[] {
  return weights instanceof Float32Array
    ? [weights]
    : [...(weights.base.values() as Iterable<TensorData>), weights.adapters];
}

/**
 * Samples and scores. What each response is depends on the seed, the problem's place and the response's number alone,
 * not on how problems are batched. `onProgress` is called after each batch with the problems done; when it returns
 * false the evaluation is given up and the result is null. With a writer, problems are kept as they are done and those
 * that it already holds are not sampled again.
 * @throws InputError when a problem cannot be written with the policy's tokenizer, or is too long for it
 */
export async function evaluatePolicy(
  policy: Model,
  sampler: Sampler,
  task: EvaluationTask,
  settings: EvaluationSettings,
  writer: EvaluationWriter | null,
  options: RuntimeOptions,
  onProgress: (done: number, total: number) => boolean,
  /** The policy's weights, where they are on the device already. */
  placed?: ModelWeights,
): Promise<BenchmarkRecord | null> {
  const start = performance.now();
  const { problems } = task;
  const { samples, maxNewTokens } = settings;
  const prompts = problems.map(({ prompt, ...problem }) =>
    encodePrompt(policy, { ...problem, text: prompt }, maxNewTokens),
  );
  const longest = Math.max(...prompts.map(({ length }) => length));
  const rows = Math.min(mostRows, rowsPerBatch(policy.config, longest + maxNewTokens));
  const scores: (ProblemScores | undefined)[] = [];
  const missing: number[] = [];
  for (const [index, { id }] of problems.entries()) {
    const kept = writer && (await writer.kept(id));
    if (kept) scores[index] = problemScores(kept);
    else missing.push(index);
  }
  if (!onProgress(problems.length - missing.length, problems.length)) return null;
  const blocks = blocksOf(policy);
  const memory = new DeviceMemory(options);
  const features = await FeatureProgram.create(policy.config, blocks, options);
  try {
    const weights = placed ?? (await memory.place(blocks, policy.weights));
    const batch = Math.max(1, Math.floor(rows / samples));
    for (let first = 0; first < missing.length; first += batch) {
      const indices = missing.slice(first, first + batch);
      const sampled = await sampleProblems(
        policy.config,
        weights,
        sampler,
        features,
        prompts,
        indices,
        settings,
        rows,
      );
      const evaluated: EvaluatedProblem[] = [];
      for (const [place, index] of indices.entries()) {
        const { responses, geometry } = sampled[place]!;
        evaluated.push(await gradeProblem(policy, task, index, responses, geometry, settings.embedder));
      }
      writer?.append(evaluated);
      for (const [place, index] of indices.entries()) scores[index] = problemScores(evaluated[place]!);
      const done = problems.length - missing.length + first + indices.length;
      if (!onProgress(done, problems.length)) return null;
    }
  } finally {
    await features.release();
    await memory.release();
  }
  return {
    step: settings.step,
    benchmark: task.name,
    ...evaluationScores(scores as ProblemScores[], Math.min(defaultK, samples)),
    temperature: settings.temperature,
    ...(task.compared && { judge: task.compared.judge }),
    seconds: (performance.now() - start) / 1000,
    time: Date.now() / 1000,
  };
}

interface SampledProblem {
  responses: SampledResponse[];
  geometry: Pick<
    EvaluatedProblem,
    'pairs' | 'similarity_mean' | 'negative_pair_ratio' | 'similarity_histogram' | 'logdet' | 'similarity'
  >;
}

/** Samples problems together; one with more samples than `rows` in several passes. */
async function sampleProblems(
  { hiddenSize }: ModelConfig,
  weights: ModelWeights,
  sampler: Sampler,
  features: FeatureProgram,
  prompts: readonly number[][],
  indices: readonly number[],
  settings: EvaluationSettings,
  rows: number,
): Promise<SampledProblem[]> {
  const { samples, seed, temperature, maxNewTokens } = settings;
  const responses: SampledResponse[][] = indices.map(() => []);
  const phi = indices.map(() => new Float32Array(samples * hiddenSize));
  for (let firstSample = 0; firstSample < samples; firstSample += rows) {
    const count = Math.min(rows, samples - firstSample);
    const rollout = await sampler.sample(weights, {
      prompts: indices.map((index) => prompts[index]!),
      samplesPerPrompt: count,
      maxNewTokens,
      temperature,
      fillUniforms: (target, position) => {
        for (const [place, index] of indices.entries()) {
          const slice = target.subarray(place * count, (place + 1) * count);
          fillUniform(slice, seed, streamOf('evaluation', index), position * samples + firstSample);
        }
      },
    });
    const batch = await features.compute(weights, rollout);
    for (const place of indices.keys()) {
      responses[place]!.push(...rollout.responses.slice(place * count, (place + 1) * count));
      const own = batch.subarray(place * count * hiddenSize, (place + 1) * count * hiddenSize);
      phi[place]!.set(own, firstSample * hiddenSize);
    }
  }
  return indices.map((_, place) => ({
    responses: responses[place]!,
    geometry: groupGeometry(phi[place]!, hiddenSize, samples),
  }));
}

/** Of more responses to a problem the pairs are not kept: they would outgrow the texts. */
const mostKept = 64;

function groupGeometry(
  features: Float32Array,
  dimension: number,
  samples: number,
): SampledProblem['geometry'] {
  const group = groupSimilarity(features, dimension, samples);
  const { pairs, meanSimilarity, negativePairRatio } = pairStatistics([group]);
  const figures = { pairs, similarity_mean: meanSimilarity, negative_pair_ratio: negativePairRatio };
  if (pairs === 0) return figures;
  return {
    ...figures,
    similarity_histogram: similarityHistogram(upperTriangle(group.similarity, samples)),
    logdet: logDeterminant(group.similarity, samples),
    similarity: keptPairs(group.similarity, samples),
  };
}

function keptPairs(similarity: Float64Array, samples: number): number[] {
  const size = Math.min(samples, mostKept);
  const rows = Array.from({ length: size }, (_, row) =>
    similarity.subarray(row * samples, row * samples + size),
  );
  const square = new Float64Array(size * size);
  for (const [row, values] of rows.entries()) square.set(values, row * size);
  return Array.from(upperTriangle(square, size), (value) => Number(value.toFixed(4)));
}

async function gradeProblem(
  policy: Model,
  task: EvaluationTask,
  index: number,
  sampled: readonly SampledResponse[],
  geometry: SampledProblem['geometry'],
  embedder: SentenceEmbedder | null,
): Promise<EvaluatedProblem> {
  const problem = task.problems[index]!;
  const texts = sampled.map(({ tokens }) => policy.tokenizer.decode(tokens));
  const grades = await task.grade(index, texts);
  const responses = grades.map((grade, row) => {
    const { tokens, finished } = sampled[row]!;
    return { text: texts[row]!, ...grade, tokens: tokens.length, finished };
  });
  const thoughts = task.compared ? openedThoughts(problem.prompt) : null;
  return {
    ...evaluatedProblem({ ...problem, thoughts }, responses),
    ...geometry,
    ...(embedder && { text_similarity_mean: await textSimilarity(embedder, texts) }),
  };
}

/** Mean pairwise cosine of the responses to a problem, equal ones counted; null when there is one. */
async function textSimilarity(embedder: SentenceEmbedder, texts: readonly string[]): Promise<number | null> {
  const { data, width } = await embedder.embed(texts);
  return pairStatistics([groupSimilarity(data, width, texts.length)]).meanSimilarity;
}
