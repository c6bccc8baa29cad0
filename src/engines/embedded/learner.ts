/** What is trained, its gradient and its optimizer, in the memory where the graphs compute. */
import { DeviceMemory } from './device-memory.js';
import { DeviceAdamW } from './device-optimizer.js';
import { GradientAccumulator, type GradientPass, type Objective, type PassSums } from './gradient.js';
import type { Helpers } from './helpers.js';
import {
  type HostWeights,
  type ModelConfig,
  type ModelWeights,
  trainedValues,
  type WeightBlock,
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
 * Trains the flat array of all parameters, in place on the processor, as `state` says on a GPU; or adapters, always in
 * place: they are few.
 */
export async function createLearner(settings: LearnerSettings, options: RuntimeOptions): Promise<Learner> {
  const { weights } = settings;
  return options.device !== 'cpu' && weights instanceof Float32Array
    ? deviceLearner({ ...settings, weights }, options)
    : hostLearner(settings, options);
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
  { config, blocks, weights, objective, optimization, resumed }: LearnerSettings<Float32Array>,
  options: RuntimeOptions,
): Promise<Learner> {
  const memory = new DeviceMemory(options);
  const optimizer = await DeviceAdamW.create(optimization, blocks, weights, resumed, memory, options);
  // The gradient of all weights stays in one piece, which layers cannot add their parts to.
  const passes = { byLayers: false };
  const accumulator = new GradientAccumulator(config, blocks, objective, options, passes, optimizer.gradient);
  const weightsThere = { tensors: optimizer.tensors };
  return {
    weights: weightsThere,
    accumulator,
    gradient: (all, _hands, temperature) => accumulator.replace(weightsThere, all, temperature),
    update: (learningRate) => optimizer.step(learningRate),
    state: () => optimizer.download(weights),
    async release() {
      await accumulator.release();
      await optimizer.release();
      await memory.release();
    },
  };
}
