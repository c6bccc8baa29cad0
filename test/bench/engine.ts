/**
 * Speed of the embedded engine, each figure as a ratio to a reference measured in the same process, by medians of
 * alternated rounds. Prints one JSON line: {"peakGflops", "trainingShareOfPeak", …}.
 *
 *   engine.mjs <policy folder> <threads> <rounds>
 */

import { GraphBuilder } from '../../src/engines/embedded/graph/builder.js';
import { add, gemm, multiply } from '../../src/engines/embedded/graph/operations.js';
import { Helpers } from '../../src/engines/embedded/helpers.js';
import { createLearner } from '../../src/engines/embedded/learner.js';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import type { ModelConfig } from '../../src/engines/embedded/model/config.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { planPasses } from '../../src/engines/embedded/pass-plan.js';
import { Program } from '../../src/engines/embedded/program.js';
import type { RuntimeOptions } from '../../src/engines/embedded/provider.js';
import { type Sequence, scatterToGrid } from '../../src/engines/embedded/sequences.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import { inTrainerEnvironment, makeTrainer, median, runOptions, seconds } from './index.js';

const largestSize = 2048;

/** Square matrix products: what this machine's ONNX Runtime reaches at best. Every size does the same work in all. */
async function matrixProducts(size: number, options: RuntimeOptions) {
  const graph = new GraphBuilder('peak');
  const shape = [size, size];
  graph.output(
    'y',
    gemm(graph, graph.input('a', 'float32', shape), graph.input('b', 'float32', shape), false, false),
  );
  const program = await Program.compile(graph, options);
  const data = new Float32Array(size * size).fill(0.5);
  const feeds = { a: { data, shape }, b: { data: data.slice(), shape } };
  const products = (largestSize / size) ** 3;
  const run = async () => {
    for (let product = 0; product < products; product++) await program.run(feeds);
  };
  return { operations: products * 2 * size ** 3, run };
}

/**
 * Multiplications and additions of one forward and backward pass: 6 for each weight and token (2 forward, 4
 * backward), and the same for the two products of attention.
 */
function trainingOperations(config: ModelConfig, tokens: number, length: number): number {
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize, layers, vocabSize } = config;
  const perLayer =
    hiddenSize * (heads + 2 * kvHeads) * headDim +
    heads * headDim * hiddenSize +
    3 * hiddenSize * intermediateSize;
  const attention = 2 * length * heads * headDim;
  return 6 * tokens * (layers * (perLayer + attention) + vocabSize * hiddenSize);
}

/**
 * One update as the trainer makes it: the gradient of the whole objective over 16 responses of 32 tokens to each of 16
 * prompts of 12, in chunks, and a step of AdamW. Only the gradient's operations are counted.
 */
async function updateWork(folder: string, options: RuntimeOptions) {
  const { config, layout, weights } = readPolicyFolder(folder);
  const { optimization: settings } = experimentSchema.parse({});
  const blocks = weightBlocks(config, layout);
  const objective = { kind: 'policy', settings: { ...settings, entropyCoefficient: 0 } } as const;
  const helpers = Helpers.start({ config, blocks, objective, passes: {} }, weights, options);
  const learner = await createLearner(
    { config, blocks, weights, objective, passes: {}, optimization: settings, resumed: null, helpers },
    options,
  );
  const token = (index: number) => 2 + (index % (config.vocabSize - 2));
  const sequences: Sequence[] = Array.from({ length: 256 }, (_, row) => ({
    prompt: Array.from({ length: 12 }, (_, index) => token(Math.floor(row / 16) + index)),
    completion: Array.from({ length: 32 }, (_, index) => token(3 * row + index)),
  }));
  const { chunks, hands } = planPasses(config, sequences, {}, 'cpu', helpers?.shares ?? 1);
  const passes = chunks.map((chunk) => {
    const constant = (value: number) => scatterToGrid(chunk, sequences, () => value);
    const grids = {
      mask: chunk.mask,
      weights: constant(1 / 8192),
      advantages: constant(0.5),
      oldLogProbabilities: constant(-1),
      referenceLogProbabilities: constant(-1),
    };
    return { chunk, grids };
  });
  const computed = chunks.reduce((total, { tokens }) => total + tokens.length, 0);
  const run = async () => {
    await learner.gradient(passes, hands, 1);
    await learner.update(1e-6);
  };
  return { operations: trainingOperations(config, computed, chunks[0]!.length), run };
}

/** In one graph, so that calling the runtime, which decoding does anyway, hardly counts. */
const chainedSums = 64;

/**
 * The nodes that decoding carries for the feature, alone: a product and a sum for all rows, `chainedSums` tokens
 * long. Sum and factor change places, lest the runtime see that all products are the same.
 */
async function featureSums(rows: number, vocabulary: number, options: RuntimeOptions) {
  const graph = new GraphBuilder('sums');
  const shape = [rows, vocabulary];
  const probabilities = graph.input('p', 'float32', shape);
  const active = graph.input('active', 'float32', [rows, 1]);
  let sums = graph.input('s', 'float32', shape);
  for (let token = 0; token < chainedSums; token++) {
    sums = add(graph, probabilities, multiply(graph, sums, active));
  }
  graph.output('y', sums);
  const program = await Program.compile(graph, options);
  const data = new Float32Array(rows * vocabulary).fill(0.1);
  const feeds = {
    s: { data, shape },
    p: { data: data.slice(), shape },
    active: { data: new Float32Array(rows).fill(1), shape: [rows, 1] },
  };
  return () => program.run(feeds);
}

interface Round {
  /** Of the fastest size, operations a second. */
  peakRate: number;
  trainingRate: number;
  /** Of one addition to the feature's sums. */
  sumSeconds: number;
  natural: StepMetrics;
  forced: StepMetrics;
}

async function measure(folder: string, options: RuntimeOptions, rounds: number): Promise<Round[]> {
  const peaks = await Promise.all([512, 1024, largestSize].map((size) => matrixProducts(size, options)));
  const training = await updateWork(folder, options);
  const sums = await featureSums(256, readPolicyFolder(folder).config.vocabSize, options);
  const natural = await makeTrainer(folder, false, options);
  const forced = await makeTrainer(folder, true, options);
  const results: Round[] = [];
  for (let round = 0; round <= rounds; round++) {
    const rates: number[] = [];
    for (const peak of peaks) rates.push(peak.operations / (await seconds(peak.run)));
    results.push({
      peakRate: Math.max(...rates),
      trainingRate: training.operations / (await seconds(training.run)),
      sumSeconds: (await seconds(sums)) / chainedSums,
      natural: (await natural.step(round + 1)).metrics,
      forced: (await forced.step(round + 1)).metrics,
    });
  }
  // The first round compiles graphs and warms caches.
  return results.slice(1);
}

/** What making the features and shaping the rewards takes of a step. */
function featureSeconds({ natural, sumSeconds }: Round): number {
  return natural['g2rl/feature_seconds'] + sumSeconds * natural['completions/max_length'];
}

/** Medians over the rounds; a ratio is the median of the rounds' ratios, so that a slow minute weighs on both sides. */
function summary(rounds: readonly Round[]) {
  const middle = (value: (round: Round) => number) => median(rounds.map(value));
  return {
    peakGflops: middle(({ peakRate }) => peakRate / 1e9),
    trainingGflops: middle(({ trainingRate }) => trainingRate / 1e9),
    trainingShareOfPeak: middle(({ trainingRate, peakRate }) => trainingRate / peakRate),
    stepSeconds: middle(({ natural }) => natural.step_time),
    rolloutSeconds: middle(({ natural }) => natural['time/rollout']),
    referenceSeconds: middle(({ natural }) => natural['time/reference']),
    updateSeconds: middle(({ natural }) => natural['time/update']),
    featureSeconds: middle(featureSeconds),
    featureShareOfStep: middle((round) => featureSeconds(round) / round.natural.step_time),
    decodeTokensPerSecond: middle(
      ({ forced }) => (forced.tokens_per_second * forced.step_time) / forced['time/rollout'],
    ),
  };
}

inTrainerEnvironment();
const [folder, threads, rounds] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the policy folder, the threads and the rounds.');
console.log(JSON.stringify(summary(await measure(folder, runOptions(Number(threads)), Number(rounds)))));
