/** What is trained, its gradient and its optimizer, in the memory where the graphs compute. */
import { DeviceMemory } from './device-memory.js';
import { DeviceAdamW } from './device-optimizer.js';
import { GradientAccumulator, type Objective } from './gradient.js';
import type { ModelConfig, ModelWeights, WeightBlock } from './model/index.js';
import { AdamW, type OptimizerSettings, type OptimizerState } from './optimizer.js';
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

/** Trains `weights`, the flat array of all parameters: in place on the processor, as `state` says on a GPU. */
export async function createLearner(
  model: { config: ModelConfig; blocks: readonly WeightBlock[]; weights: Float32Array },
  objective: Objective,
  settings: OptimizerSettings,
  resumed: OptimizerState | null,
  options: RuntimeOptions,
): Promise<Learner> {
  return options.device === 'cpu'
    ? hostLearner(model, objective, settings, resumed, options)
    : deviceLearner(model, objective, settings, resumed, options);
}

async function hostLearner(
  { config, blocks, weights }: Parameters<typeof createLearner>[0],
  objective: Objective,
  settings: OptimizerSettings,
  resumed: OptimizerState | null,
  options: RuntimeOptions,
): Promise<Learner> {
  const accumulator = new GradientAccumulator(config, blocks, objective, options);
  const optimizer = await AdamW.create(settings, { weights, ...resumed }, options);
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
  { config, blocks, weights }: Parameters<typeof createLearner>[0],
  objective: Objective,
  settings: OptimizerSettings,
  resumed: OptimizerState | null,
  options: RuntimeOptions,
): Promise<Learner> {
  const memory = new DeviceMemory(options);
  const optimizer = await DeviceAdamW.create(settings, blocks, weights, resumed, memory, options);
  const accumulator = new GradientAccumulator(config, blocks, objective, options, optimizer.gradient);
  return {
    weights: { tensors: optimizer.tensors },
    accumulator,
    update: (learningRate) => optimizer.step(learningRate),
    state: () => optimizer.download(weights),
    async release() {
      await accumulator.release();
      await optimizer.release();
      await memory.release();
    },
  };
}
