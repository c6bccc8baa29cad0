/** Whether the GPU computes rightly: an update of a tiny policy there, and on the processor. */
import { CounterRandom, streamOf } from '../../random.js';
import { initializeParameters, parameterLayout, weightBlocks } from './model/index.js';
import { runtimeOptions } from './provider.js';
import type { Sequence } from './sequences.js';
import { trainSupervised } from './supervised.js';

const config = {
  vocabSize: 64,
  hiddenSize: 32,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 16,
  intermediateSize: 64,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  maxPositions: 64,
  padTokenId: 0,
  eosTokenIds: [1],
  bosTokenId: null,
};

/** With an epsilon so large AdamW moves each weight in proportion to its gradient, nearly. */
const settings = {
  steps: 1,
  batchSize: 6,
  learningRate: 1,
  warmupSteps: 0,
  schedule: 'constant',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1,
  weightDecay: 0,
  gradientClip: 1e6,
} as const;

/** Fresh matrices are so small that all logits are alike. */
const matrixScale = 8;

/** ‖Δgpu − Δcpu‖ / ‖Δcpu‖ of the change of all weights; null when it is not a number. */
export async function gradientError(): Promise<number | null> {
  const processor = await change('cpu');
  const gpu = await change('webgpu');
  let [error, total] = [0, 0];
  for (const [index, value] of processor.entries()) {
    error += (gpu[index]! - value) ** 2;
    total += value ** 2;
  }
  const relative = Math.sqrt(error / total);
  return Number.isFinite(relative) ? relative : null;
}

async function change(device: 'cpu' | 'webgpu'): Promise<Float32Array> {
  const layout = parameterLayout(config);
  const before = initializeParameters(layout, 1).map((value) => (value === 1 ? 1 : matrixScale * value));
  const weights = before.slice();
  const model = { config, blocks: weightBlocks(config, layout), weights };
  await trainSupervised(model, settings, sequences, runtimeOptions(1, device), () => {});
  return weights.map((value, index) => value - before[index]!);
}

function sequences(): Sequence[] {
  const random = new CounterRandom(1, streamOf('sampling', 0));
  const tokens = (count: number) =>
    Array.from({ length: count }, () => 2 + Math.floor(random.next() * (config.vocabSize - 2)));
  const prompts = [tokens(5), tokens(7)];
  return Array.from({ length: settings.batchSize }, (_, row) => ({
    prompt: prompts[row % prompts.length]!,
    completion: tokens(3 + row),
  }));
}
