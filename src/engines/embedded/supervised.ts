/** Supervised training on demonstrations with the engine's own graphs: how the shipped policy is made. */
import { InputError } from '../../errors.js';
import { Helpers } from './helpers.js';
import { createLearner } from './learner.js';
import type { ModelConfig, WeightBlock } from './model/index.js';
import { planPasses } from './pass-plan.js';
import type { RuntimeOptions } from './provider.js';
import { learningRate } from './schedule.js';
import { type Sequence, scatterToGrid } from './sequences.js';

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
  const objective = { kind: 'supervised' } as const;
  const { config, blocks } = model;
  const helpers = Helpers.start({ config, blocks, objective, passes: {} }, model.weights, options);
  const learner = await createLearner(
    { ...model, objective, passes: {}, optimization: settings, resumed: null, helpers },
    options,
  );
  for (let step = 1; step <= settings.steps; step++) {
    const sequences = batch(step);
    const tokens = sequences.reduce((total, { completion }) => total + completion.length, 0);
    const { chunks, hands } = planPasses(config, sequences, {}, options.device, helpers?.shares ?? 1);
    const passes = chunks.map((chunk) => ({
      chunk,
      grids: { weights: scatterToGrid(chunk, sequences, () => 1 / tokens) },
    }));
    const sums = await learner.gradient(passes, hands, 1);
    const loss = sums.reduce((total, pass) => total + (pass.loss ?? Number.NaN), 0);
    const rate = learningRate(step, settings);
    const gradientNorm = await learner.update(rate);
    if (!Number.isFinite(loss)) {
      throw new InputError(`The loss is not a number at step ${step}.`, 'Lower the learning rate.');
    }
    onProgress({ step, loss, gradientNorm, learningRate: rate });
  }
  await learner.state();
  await learner.release();
  await helpers?.release();
}
