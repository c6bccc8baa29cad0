/**
 * Speed of the embedded engine, each figure as a ratio to a reference measured in the same process, by medians of
 * alternated rounds. Prints one JSON line: {"peakGflops", "trainingShareOfPeak", …}.
 *
 *   engine.cjs <policy folder> [rounds]
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { add, GraphBuilder, gemm, multiply } from '../../src/engine/graph/index.js';
import {
  chunkSequences,
  GradientAccumulator,
  type ModelConfig,
  PolicyTrainer,
  Program,
  readPolicyFolder,
  type Sequence,
  scatterToGrid,
  weightBlocks,
} from '../../src/engine/index.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import type { StepMetrics } from '../../src/runs/schema.js';
import { trainingPrompts } from '../../src/tasks/index.js';

const options = { threads: availableParallelism() };
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** A square matrix product: what this machine's ONNX Runtime reaches at best. */
async function matrixProduct(size: number) {
  const graph = new GraphBuilder('peak');
  const shape = [size, size];
  graph.output(
    'y',
    gemm(graph, graph.input('a', 'float32', shape), graph.input('b', 'float32', shape), false, false),
  );
  const program = await Program.compile(graph, options);
  const data = new Float32Array(size * size).fill(0.5);
  const feeds = { a: { data, shape }, b: { data: data.slice(), shape } };
  return { operations: 2 * size ** 3, run: () => program.run(feeds) };
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

/** One gradient of the whole objective over 256 sequences of 12 + 32 tokens, as the trainer computes it. */
async function gradientWork(folder: string) {
  const { config, layout, weights } = readPolicyFolder(folder);
  const settings = {
    clipRange: 0.2,
    klCoefficient: 0.001,
    entropyCoefficient: 0,
    importanceSamplingLevel: 'token',
  } as const;
  const blocks = weightBlocks(config, layout);
  const accumulator = new GradientAccumulator(config, blocks, { kind: 'policy', settings }, options);
  const token = (index: number) => 2 + (index % (config.vocabSize - 2));
  const sequences: Sequence[] = Array.from({ length: 256 }, (_, row) => ({
    prompt: Array.from({ length: 12 }, (_, index) => token(row + index)),
    completion: Array.from({ length: 32 }, (_, index) => token(3 * row + index)),
  }));
  const chunks = chunkSequences(sequences, 64, config.padTokenId);
  const constant = (value: number) => chunks.map((chunk) => scatterToGrid(chunk, sequences, () => value));
  const [tokenWeights, advantages, logProbabilities] = [constant(1 / 8192), constant(0.5), constant(-1)];
  const gridTokens = chunks.reduce((total, { rows, length }) => total + rows * length, 0);
  const run = async () => {
    accumulator.reset();
    for (const [index, chunk] of chunks.entries()) {
      await accumulator.add(weights, chunk, 1, {
        mask: chunk.mask,
        weights: tokenWeights[index]!,
        advantages: advantages[index]!,
        oldLogProbabilities: logProbabilities[index]!,
        referenceLogProbabilities: logProbabilities[index]!,
      });
    }
  };
  return { operations: trainingOperations(config, gridTokens, chunks[0]!.length), run };
}

/** The nodes that decoding carries for the feature, alone: Σ p·active for all rows, once a token. */
async function featureSums(rows: number, vocabulary: number) {
  const graph = new GraphBuilder('sums');
  const shape = [rows, vocabulary];
  const [sums, probabilities] = [graph.input('s', 'float32', shape), graph.input('p', 'float32', shape)];
  const active = graph.input('active', 'float32', [rows, 1]);
  graph.output('y', add(graph, sums, multiply(graph, probabilities, active)));
  const program = await Program.compile(graph, options);
  const data = new Float32Array(rows * vocabulary).fill(0.1);
  const feeds = {
    s: { data, shape },
    p: { data: data.slice(), shape },
    active: { data: new Float32Array(rows).fill(1), shape: [rows, 1] },
  };
  return () => program.run(feeds);
}

/** Whole steps of the trainer. `forceLength` leaves no end-of-sequence token, so that all responses are full. */
async function makeTrainer(folder: string, forceLength: boolean) {
  const policy = readPolicyFolder(folder);
  if (forceLength) policy.config = { ...policy.config, eosTokenIds: [] };
  const experiment = experimentSchema.parse({ policy: folder });
  const prompts = trainingPrompts(experiment.task, 0);
  return PolicyTrainer.create(experiment, policy, policy.weights.slice(), prompts, null, options);
}

async function main(): Promise<void> {
  const folder = resolve(process.argv[2] ?? 'media/policies/countdown');
  const rounds = Number(process.argv[3] ?? 7);
  const peaks = await Promise.all([512, 1024, 2048].map(matrixProduct));
  const training = await gradientWork(folder);
  const sums = await featureSums(256, readPolicyFolder(folder).config.vocabSize);
  const natural = await makeTrainer(folder, false);
  const forced = await makeTrainer(folder, true);

  const peakRates: number[][] = peaks.map(() => []);
  const trainingRates: number[] = [];
  const sumSeconds: number[] = [];
  const steps: StepMetrics[] = [];
  const forcedSteps: StepMetrics[] = [];
  for (let round = 0; round <= rounds; round++) {
    const peakTimes: number[] = [];
    for (const peak of peaks) peakTimes.push(await seconds(peak.run));
    const trainingTime = await seconds(training.run);
    const sumTime = await seconds(sums);
    const { metrics } = await natural.step(round + 1);
    const { metrics: forcedMetrics } = await forced.step(round + 1);
    // The first round compiles graphs and warms caches.
    if (round === 0) continue;
    peaks.forEach((peak, index) => {
      peakRates[index]!.push(peak.operations / peakTimes[index]! / 1e9);
    });
    trainingRates.push(training.operations / trainingTime / 1e9);
    sumSeconds.push(sumTime);
    steps.push(metrics);
    forcedSteps.push(forcedMetrics);
  }
  const peakGflops = Math.max(...peakRates.map(median));
  const stepSeconds = median(steps.map((step) => step.step_time));
  const featureSeconds =
    median(steps.map((step) => step['g2rl/feature_seconds'])) +
    median(sumSeconds) * median(steps.map((step) => step['completions/max_length']));
  const responseTokens = (step: StepMetrics) => step.tokens_per_second * step.step_time;
  console.log(
    JSON.stringify({
      threads: options.threads,
      rounds,
      peakGflops,
      trainingGflops: median(trainingRates),
      trainingShareOfPeak: median(trainingRates) / peakGflops,
      stepSeconds,
      rolloutSeconds: median(steps.map((step) => step['time/rollout'])),
      referenceSeconds: median(steps.map((step) => step['time/reference'])),
      updateSeconds: median(steps.map((step) => step['time/update'])),
      featureSeconds,
      featureShareOfStep: featureSeconds / stepSeconds,
      forcedStepSeconds: median(forcedSteps.map((step) => step.step_time)),
      decodeTokensPerSecond: median(forcedSteps.map((step) => responseTokens(step) / step['time/rollout'])),
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    }),
  );
}

await main();
