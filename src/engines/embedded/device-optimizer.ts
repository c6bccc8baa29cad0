/** AdamW on the device: weights, moments and gradient stay there, and only the gradient's norm comes back. */
import type { DeviceMemory } from './device-memory.js';
import type { DeviceTensor } from './device-tensor.js';
import { add, GraphBuilder, multiply, reshape, split, subtract, type Value } from './graph/index.js';
import type { WeightBlock } from './model/index.js';
import { normEpsilon, type OptimizerSettings, type OptimizerState } from './optimizer.js';
import { Program } from './program.js';
import type { RuntimeOptions } from './provider.js';

/** Flat arrays on the device are padded with zeros to a multiple of this: their squares are summed in two steps. */
const rowLength = 1024;

/** Results of one launch: eight storage buffers are what every GPU has, and one is read. */
const mostParts = 7;

/** Bytes of an array that one storage buffer holds on every GPU. */
const safeBytes = 2 ** 27;

const paddedLength = (length: number): number => Math.ceil(length / rowLength) * rowLength;

function padded(values: Float32Array): { data: Float32Array; shape: number[] } {
  const data = new Float32Array(paddedLength(values.length));
  data.set(values);
  return { data, shape: [data.length] };
}

export class DeviceAdamW {
  private constructor(
    private readonly settings: OptimizerSettings,
    private readonly memory: DeviceMemory,
    private readonly norm: Program,
    private readonly program: Program,
    private readonly flat: Record<'weights' | 'firstMoment' | 'secondMoment', DeviceTensor>,
    /** What `step` takes: the sum of gradients. */
    readonly gradient: DeviceTensor,
    /** What graphs compute with, by block. */
    readonly tensors: ReadonlyMap<string, DeviceTensor>,
    private readonly count: number,
    private updates: number,
  ) {}

  static async create(
    settings: OptimizerSettings,
    blocks: readonly WeightBlock[],
    weights: Float32Array,
    resumed: OptimizerState | null,
    memory: DeviceMemory,
    options: RuntimeOptions,
  ): Promise<DeviceAdamW> {
    const zeros = new Float32Array(weights.length);
    const flat = {
      weights: await memory.upload(padded(weights)),
      firstMoment: await memory.upload(padded(resumed?.firstMoment ?? zeros)),
      secondMoment: await memory.upload(padded(resumed?.secondMoment ?? zeros)),
    };
    const gradient = await memory.upload(padded(zeros));
    return new DeviceAdamW(
      settings,
      memory,
      await Program.compile(normGraph(gradient.shape[0]!, options), options),
      await Program.compile(updateGraph(gradient.shape[0]!, blocks, settings, options), options),
      flat,
      gradient,
      await memory.uploadBlocks(blocks, weights),
      weights.length,
      resumed?.updates ?? 0,
    );
  }

  /** One update by `gradient`; returns its norm before clipping. */
  async step(learningRate: number): Promise<number> {
    this.updates++;
    const { beta1, beta2, weightDecay, gradientClip } = this.settings;
    const { gradient, flat, updates } = this;
    const { squares } = await this.norm.run({ gradient });
    const norm = Math.sqrt((squares as Float32Array).reduce((total, square) => total + square, 0));
    const clip = Math.min(1, gradientClip / (norm + normEpsilon));
    // m̂ / (√v̂ + ε) with both corrections in the rate and in ε.
    const root = Math.sqrt(1 - beta2 ** updates);
    const scalar = (value: number) => ({ data: Float32Array.of(value), shape: [] });
    await this.program.run(
      {
        ...flat,
        gradient,
        byFirst: scalar(clip * (1 - beta1)),
        bySecond: scalar(clip ** 2 * (1 - beta2)),
        rate: scalar((learningRate * root) / (1 - beta1 ** updates)),
        epsilon: scalar(this.settings.epsilon * root),
        decay: scalar(1 - learningRate * weightDecay),
      },
      Object.fromEntries(this.tensors),
    );
    return norm;
  }

  /** What a checkpoint needs; `weights` takes those of the policy. */
  async download(weights: Float32Array): Promise<OptimizerState> {
    const { flat, count, updates } = this;
    const values = async (tensor: DeviceTensor) =>
      (await this.memory.download(tensor)).subarray(0, count) as Float32Array;
    weights.set(await values(flat.weights));
    return {
      firstMoment: await values(flat.firstMoment),
      secondMoment: await values(flat.secondMoment),
      updates,
    };
  }

  async release(): Promise<void> {
    await this.norm.release();
    await this.program.release();
  }
}

/** Sums of squares of rows of the gradient: their total is taken in float64, which a GPU does not have. */
function normGraph(size: number, { device }: RuntimeOptions): GraphBuilder {
  const graph = new GraphBuilder('norm', device);
  const rows = reshape(graph, graph.input('gradient', 'float32', [size]), [size / rowLength, rowLength]);
  const attributes = { keepdims: 0 };
  const squares = graph.node('ReduceSumSquare', [rows, graph.integers(1)], [size / rowLength], {
    attributes,
  });
  graph.output('squares', squares);
  return graph;
}

function updateGraph(
  size: number,
  blocks: readonly WeightBlock[],
  { beta1, beta2 }: OptimizerSettings,
  { device }: RuntimeOptions,
): GraphBuilder {
  const graph = new GraphBuilder('adamw', device);
  const flat = (name: string) => graph.input(name, 'float32', [size]);
  const scalar = (name: string) => graph.input(name, 'float32', []);
  const weights = flat('weights');
  const first = flat('firstMoment');
  const second = flat('secondMoment');
  const gradient = flat('gradient');
  const moved = (moment: Value, beta: number, by: Value) =>
    add(graph, multiply(graph, moment, graph.scalar(beta)), by);
  const squared = multiply(graph, gradient, gradient);
  const newFirst = moved(first, beta1, multiply(graph, gradient, scalar('byFirst')));
  const newSecond = moved(second, beta2, multiply(graph, squared, scalar('bySecond')));
  const root = add(graph, graph.node('Sqrt', [newSecond], [size]), scalar('epsilon'));
  const change = multiply(graph, graph.node('Div', [newFirst, root], [size]), scalar('rate'));
  // Also without decay: no launch may read and write the same memory.
  const newWeights = subtract(graph, multiply(graph, weights, scalar('decay')), change);
  graph.replace(weights, newWeights);
  graph.replace(first, newFirst);
  graph.replace(second, newSecond);
  const sizes = blocks.map((block) => block.size);
  const parts = cut(graph, newWeights, sizes, size);
  for (const [index, { name, shape }] of blocks.entries()) {
    graph.output(name, reshape(graph, parts[index]!, shape));
  }
  return graph;
}

/** Consecutive parts of `flat`, in few launches. */
function cut(graph: GraphBuilder, flat: Value, sizes: readonly number[], size: number): Value[] {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const rest = size - total(sizes);
  const padded = rest > 0 ? [...sizes, rest] : [...sizes];
  if (4 * size > safeBytes) return slices(graph, flat, padded);
  const groups: number[][] = [];
  const perGroup = Math.max(mostParts, Math.ceil(padded.length / mostParts));
  for (let start = 0; start < padded.length; start += perGroup) {
    groups.push(padded.slice(start, start + perGroup));
  }
  if (groups.length === 1) return split(graph, flat, padded);
  const cuts = split(graph, flat, groups.map(total));
  return groups.flatMap((group, index) => cut(graph, cuts[index]!, group, total(group)));
}

function slices(graph: GraphBuilder, flat: Value, sizes: readonly number[]): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const range = [graph.integers(start), graph.integers(start + size), graph.integers(0)];
    start += size;
    return graph.node('Slice', [flat, ...range], [size]);
  });
}
