/** Benchmark scores of a policy, with the geometry of its responses. */
import { type PairStatistics, pairStatistics, shapeGroup } from '../g2rl/index.js';
import type { BenchmarkRecord } from '../runs/schema.js';
import {
  benchmarkPrompts,
  fillUniform,
  scoreBenchmark,
  streamOf,
  type Verdict,
  verifyCountdown,
} from '../tasks/index.js';
import { FeatureProgram } from './features.js';
import { type Policy, weightBlocks } from './model/index.js';
import type { RuntimeOptions } from './program.js';
import type { Sampler } from './rollout.js';

export interface EvaluationRequest {
  benchmark: string;
  /** Responses for each problem. */
  samples: number;
  /** Problems from the start of the benchmark. */
  limit: number;
  /** 0 is greedy. */
  temperature: number;
  seed: number;
  maxNewTokens: number;
  /** Training step of the policy, for the record. */
  step: number;
}

/** Responses sampled at once. */
const rowsPerBatch = 256;

/** Scores at k look at this many samples, or at all there are when fewer. */
const defaultK = 16;

/**
 * Samples and scores. `onProgress` is called after each batch with the problems done; when it returns false the
 * evaluation is given up and the result is null.
 */
export async function evaluatePolicy(
  policy: Policy,
  sampler: Sampler,
  request: EvaluationRequest,
  options: RuntimeOptions,
  onProgress: (done: number, total: number) => boolean,
): Promise<BenchmarkRecord | null> {
  const start = performance.now();
  const { samples, seed, temperature, maxNewTokens } = request;
  const problems = benchmarkPrompts(request.benchmark, request.limit);
  const perBatch = Math.max(1, Math.floor(rowsPerBatch / samples));
  const features = await FeatureProgram.create(
    policy.config,
    weightBlocks(policy.config, policy.layout),
    options,
  );
  const verdicts: Verdict[][] = [];
  const geometry: PairStatistics[] = [];
  let tokens = 0;
  let truncated = 0;
  try {
    for (let first = 0; first < problems.length; first += perBatch) {
      const batch = problems.slice(first, first + perBatch);
      const rows = batch.length * samples;
      const stream = streamOf('evaluation', first);
      const rollout = await sampler.sample(policy.weights, {
        prompts: batch.map(({ text }) => policy.tokenizer.encode(text)),
        samplesPerPrompt: samples,
        maxNewTokens,
        temperature,
        fillUniforms: (target, position) => fillUniform(target, seed, stream, position * rows),
      });
      const phi = await features.compute(policy.weights, rollout);
      batch.forEach((problem, index) => {
        const responses = rollout.responses.slice(index * samples, (index + 1) * samples);
        const group = responses.map((response) =>
          verifyCountdown(problem, policy.tokenizer.decode(response.tokens)),
        );
        verdicts.push(group);
        tokens += responses.reduce((sum, response) => sum + response.tokens.length, 0);
        truncated += responses.filter(({ finished }) => !finished).length;
        geometry.push(groupGeometry(phi, policy.config.hiddenSize, index, group));
      });
      if (!onProgress(Math.min(first + perBatch, problems.length), problems.length)) return null;
    }
  } finally {
    await features.release();
  }
  const k = Math.min(defaultK, samples);
  const scores = scoreBenchmark(verdicts, k);
  const responses = problems.length * samples;
  return {
    step: request.step,
    benchmark: request.benchmark,
    problems: problems.length,
    samples,
    k,
    temperature,
    pass_at_1: scores.passAt1,
    pass_at_1_se: scores.passAt1StandardError,
    maj_at_k: scores.majAtK,
    pass_at_k: scores.passAtK,
    distinct_at_k: scores.distinctAtK,
    ...combine(geometry),
    mean_length: tokens / responses,
    truncated: truncated / responses,
    seconds: (performance.now() - start) / 1000,
    time: Date.now() / 1000,
  };
}

function groupGeometry(
  features: Float32Array,
  dimension: number,
  index: number,
  verdicts: readonly Verdict[],
): PairStatistics {
  const m = verdicts.length;
  const rows = features.subarray(index * m * dimension, (index + 1) * m * dimension);
  const rewards = verdicts.map(({ reward }) => reward);
  const group = shapeGroup(rows, dimension, rewards, {
    method: 'grpo',
    lambda: 0,
    shaping: 'signed',
    uniformGroups: 'none',
    clip: 1,
  });
  return pairStatistics([group]);
}

function combine(groups: readonly PairStatistics[]) {
  const pairs = groups.reduce((sum, group) => sum + group.pairs, 0);
  const weighted = (value: (group: PairStatistics) => number | null) =>
    pairs === 0 ? null : groups.reduce((sum, group) => sum + (value(group) ?? 0) * group.pairs, 0) / pairs;
  return {
    similarity_mean: weighted((group) => group.meanSimilarity),
    negative_pair_ratio: weighted((group) => group.negativePairRatio),
  };
}
