/** Supervised training on demonstrations with the engine's own graphs: how the shipped policy is made. */
import { InputError } from '../../errors.js';
import { createLearner } from './learner.js';
import type { ModelConfig, WeightBlock } from './model/index.js';
import type { RuntimeOptions } from './provider.js';
import { learningRate } from './schedule.js';
import { chunkSequences, type Sequence, scatterToGrid } from './sequences.js';

export interface SupervisedSettings {
  steps: number;
  batchSize: number;
  learningRate: number;
  warmupSteps: number;
  schedule: 'constant' | 'cosine';
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  gradientClip: number;
}

export interface SupervisedProgress {
  step: number;
  /** Mean cross-entropy of completion tokens, nats. */
  loss: number;
  gradientNorm: number;
  learningRate: number;
}

/** Rows of one gradient pass: few enough for the cache, enough for full-speed matrix products. */
const rowsPerChunk = 128;

/**
 * Trains `weights`, which are changed when it is done, on the batches that `batch` gives for each step (1-based).
 * The loss is the mean over the completion tokens of the batch.
 */
export async function trainSupervised(
  model: { config: ModelConfig; blocks: readonly WeightBlock[]; weights: Float32Array },
  settings: SupervisedSettings,
  batch: (step: number) => Sequence[],
  options: RuntimeOptions,
  onProgress: (progress: SupervisedProgress) => void,
): Promise<void> {
  const learner = await createLearner(model, { kind: 'supervised' }, settings, null, options);
  const { accumulator, weights } = learner;
  for (let step = 1; step <= settings.steps; step++) {
    const sequences = batch(step);
    const tokens = sequences.reduce((total, { completion }) => total + completion.length, 0);
    accumulator.reset();
    let loss = 0;
    for (const chunk of chunkSequences(sequences, rowsPerChunk, model.config.padTokenId, options.device)) {
      const grid = scatterToGrid(chunk, sequences, () => 1 / tokens);
      loss += (await accumulator.add(weights, chunk, 1, { weights: grid })).loss ?? Number.NaN;
    }
    const rate = learningRate(step, settings);
    const gradientNorm = await learner.update(rate);
    if (!Number.isFinite(loss)) {
      throw new InputError(`The loss is not a number at step ${step}.`, 'Lower the learning rate.');
    }
    onProgress({ step, loss, gradientNorm, learningRate: rate });
  }
  await learner.state();
  await learner.release();
}
