/** What is trained, its gradient and its optimizer, in the memory where the graphs compute. */
import { DeviceMemory } from './device-memory.js';
import { DeviceAdamW } from './device-optimizer.js';
import { GradientAccumulator, type Objective } from './gradient.js';
import { type Feed, isResident, type ResidentFeed } from './graph/index.js';
import {
  type HostWeights,
  type ModelConfig,
  type ModelWeights,
  trainedBlocks,
  trainedValues,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { AdamW, type OptimizerSettings, type OptimizerState } from './optimizer.js';
import type { PassSettings } from './plan/index.js';
import type { RuntimeOptions } from './provider.js';

export interface Learner {
  /** What graphs compute with: they change with each update. */
  readonly weights: ModelWeights;
  readonly accumulator: GradientAccumulator;
  /** One update by the accumulated gradient; returns its norm before clipping. */
  update(learningRate: number): Promise<number>;
  /** What a checkpoint needs. Brings the array of weights that the learner was made with up to date. */
  state(): Promise<OptimizerState>;
  release(): Promise<void>;
}

/** What a learner is made of. */
export interface LearnerSettings<Weights extends HostWeights = HostWeights> {
  config: ModelConfig;
  blocks: readonly WeightBlock[];
  weights: Weights;
  objective: Objective;
  passes: PassSettings;
  optimization: OptimizerSettings;
  resumed: OptimizerState | null;
}

/**
 * Trains the flat array of all parameters or of adapters: in place on the processor; on a GPU all of it stays there, and
 * `state` brings the array up to date.
 */
export function createLearner(settings: LearnerSettings, options: RuntimeOptions): Promise<Learner> {
  return options.device === 'cpu' ? hostLearner(settings, options) : deviceLearner(settings, options);
}

async function hostLearner(
  { config, blocks, weights, objective, passes, optimization, resumed }: LearnerSettings,
  options: RuntimeOptions,
): Promise<Learner> {
  const accumulator = new GradientAccumulator(config, blocks, objective, options, passes);
  const state = { weights: trainedValues(weights), ...resumed };
  const optimizer = await AdamW.create(optimization, state, options);
  return {
    weights,
    accumulator,
    update: (learningRate) => optimizer.step(accumulator.gradient, learningRate),
    async state() {
      const { firstMoment, secondMoment, updates } = optimizer;
      return { firstMoment, secondMoment, updates };
    },
    async release() {
      await accumulator.release();
      await optimizer.release();
    },
  };
}

async function deviceLearner(
  { config, blocks, weights, objective, passes, optimization, resumed }: LearnerSettings,
  options: RuntimeOptions,
): Promise<Learner> {
  const memory = new DeviceMemory(options);
  const trained = trainedValues(weights);
  const optimizer = await DeviceAdamW.create(
    optimization,
    trainedBlocks(blocks),
    trained,
    resumed,
    memory,
    options,
  );
  const accumulator = new GradientAccumulator(config, blocks, objective, options, passes, optimizer.gradient);
  const frozen = blocks.filter(({ offset }) => offset === null);
  const base = Object.entries(weightFeeds(frozen, weights)) as [string, Feed | ResidentFeed][];
  const tensors = new Map<string, ResidentFeed>(optimizer.tensors);
  for (const [name, feed] of base) tensors.set(name, isResident(feed) ? feed : await memory.upload(feed));
  return {
    weights: { tensors },
    accumulator,
    async update(learningRate) {
      await accumulator.collect();
      return optimizer.step(learningRate);
    },
    state: () => optimizer.download(trained),
    async release() {
      await accumulator.release();
      await optimizer.release();
      await memory.release();
    },
  };
}
