/** What is trained, its gradient and its optimizer, in the memory where the graphs compute. */
import { DeviceMemory } from './device-memory.js';
import { DeviceAdamW } from './device-optimizer.js';
import { GradientAccumulator, type GradientPass, type Objective, type PassSums } from './gradient.js';
import { type Feed, isResident, type ResidentFeed } from './graph/index.js';
import type { Helpers } from './helpers.js';
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
  /**
   * Replaces the accumulated gradient by that of these passes.
   * @param hands the passes of each share, one without helpers
   * @returns the sums of each pass
   */
  gradient(
    passes: readonly GradientPass[],
    hands: readonly (readonly number[])[],
    temperature: number,
  ): Promise<PassSums[]>;
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
  /** Compute the gradient of a share each. */
  helpers?: Helpers | null;
}

/**
 * Trains the flat array of all parameters or of adapters: in place on the processor; on a GPU all of it stays there, and
 * `state` brings the array up to date.
 */
export async function createLearner(settings: LearnerSettings, options: RuntimeOptions): Promise<Learner> {
  return options.device === 'cpu' ? hostLearner(settings, options) : deviceLearner(settings, options);
}

function hostLearner(
  { config, blocks, weights, objective, passes, optimization, resumed, helpers }: LearnerSettings,
  options: RuntimeOptions,
): Learner {
  const own = helpers?.options ?? options;
  const accumulator = new GradientAccumulator(config, blocks, objective, own, passes);
  const optimizer = new AdamW(optimization, trainedValues(weights), resumed);
  return {
    weights,
    accumulator,
    gradient(all, hands, temperature) {
      const mine = (part: readonly GradientPass[]) => accumulator.replace(weights, part, temperature);
      return helpers && weights instanceof Float32Array
        ? helpers.gradient(weights, all, hands, temperature, mine, accumulator.gradient)
        : mine(all);
    },
    update: async (learningRate) => optimizer.step(accumulator.gradient, learningRate),
    async state() {
      const { firstMoment, secondMoment, updates } = optimizer;
      return { firstMoment, secondMoment, updates };
    },
    release: () => accumulator.release(),
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
  const weightsThere = { tensors };
  return {
    weights: weightsThere,
    accumulator,
    gradient: (all, _hands, temperature) => accumulator.replace(weightsThere, all, temperature),
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
