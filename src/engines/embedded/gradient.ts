/** Gradients of a loss by all parameters, summed over chunks of sequences. */
import { BlockSums } from './block-sums.js';
import { ChunkFeeds, chunkPass, shapeKey } from './chunk-pass.js';
import { DeviceMemory } from './device-memory.js';
import {
  accumulate,
  concatenate,
  type Feed,
  type Feeds,
  GraphBuilder,
  type GroupShape,
  gradients,
  isResident,
  type ResidentFeed,
  reindex,
  reshape,
  type TensorData,
  type Value,
} from './graph/index.js';
import { LayeredPass } from './layered-pass.js';
import {
  declareWeights,
  type ModelConfig,
  type ModelWeights,
  trainedBlocks,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { crossEntropy, type PolicyLossSettings, policyLoss, type TokenStatistics } from './objective.js';
import { goesByLayers, type PassSettings } from './plan/index.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import type { SequenceChunk } from './sequences.js';

/** `policy` is the GRPO objective; `supervised` is cross-entropy. */
export type Objective = { kind: 'policy'; settings: PolicyLossSettings } | { kind: 'supervised' };

/** A chunk with the objective's inputs, [rows·length] each. */
export interface GradientPass {
  chunk: SequenceChunk;
  grids: Record<string, Float32Array>;
}

/** The loss and the objective's sums. */
export type PassSums = Record<string, number>;

export class GradientAccumulator {
  readonly #programs: ProgramCache;
  readonly #feeds: ChunkFeeds;
  readonly #layered: LayeredPass;
  readonly #size: number;
  /** Σ of the gradients added since `reset`, in the order of the flat array of what is trained; zeros may follow. */
  readonly sum: Feed | ResidentFeed;
  readonly #memory: DeviceMemory;
  #blockSums: BlockSums | null = null;
  #isFresh = true;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly objective: Objective,
    private readonly options: RuntimeOptions,
    private readonly settings: PassSettings = {},
    sum?: ResidentFeed,
  ) {
    this.#programs = new ProgramCache(options);
    this.#memory = new DeviceMemory(options);
    this.#feeds = new ChunkFeeds(config);
    this.#layered = new LayeredPass(config, blocks, this.#feeds, options);
    this.#size = trainedBlocks(blocks).reduce((total, block) => total + block.size, 0);
    this.sum = sum ?? { data: new Float32Array(this.#size), shape: [this.#size] };
  }

  /** The sum where the processor has it. */
  get gradient(): Float32Array {
    if (isResident(this.sum)) throw new Error('The gradient is on the device.');
    return this.sum.data as Float32Array;
  }

  #build(shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('gradient', this.options.device);
    const { weights, parameters } = declareWeights(graph, this.blocks, true);
    const { statistics, placeOfCell, cellOfPlace } = chunkPass(graph, this.config, weights, shape);
    const loss = this.#declareLoss(graph, statistics, { placeOfCell, cellOfPlace }, shape);
    this.#declareSums(graph, gradients(graph, loss, parameters));
    return graph;
  }

  /** Adds the gradients to what earlier chunks left, in its place. */
  #declareSums(graph: GraphBuilder, parts: readonly Value[]): void {
    const blocks = trainedBlocks(this.blocks);
    if (graph.device === 'cpu') {
      for (const [index, gradient] of parts.entries()) {
        const { name, shape } = blocks[index]!;
        const accumulated = graph.input(`accumulated.${name}`, 'float32', shape);
        graph.replace(accumulated, accumulate(graph, accumulated, gradient));
      }
      return;
    }
    this.#addToSum(graph, parts);
  }

  /** Adds the gradient of each block, side by side. */
  #addToSum(graph: GraphBuilder, parts: readonly Value[]): void {
    const blocks = trainedBlocks(this.blocks);
    const flat = parts.map((gradient, index) => reshape(graph, gradient, [blocks[index]!.size]));
    const [size] = this.sum.shape as [number];
    const padding = size - this.#size;
    if (padding > 0) flat.push(graph.constant(new Float32Array(padding), [padding]));
    const joined = concatenate(graph, flat, 0);
    // Nothing before the first chunk counts. The product is also why no launch reads and writes the same memory.
    const accumulated = graph.input('accumulated', 'float32', [size]);
    const kept = graph.node('Mul', [accumulated, graph.input('keep', 'float32', [])], [size]);
    graph.replace(accumulated, graph.node('Add', [kept, joined], [size]));
  }

  /** Layered passes on a GPU leave a sum for each block: this adds them to `sum`. */
  async collect(): Promise<void> {
    const blockSums = this.#blockSums;
    if (!blockSums?.hasBegun) return;
    const program = await this.#programs.get('collect', () => {
      const graph = new GraphBuilder('collect', this.options.device);
      const parts = trainedBlocks(this.blocks).map(({ name, shape }) =>
        graph.input(`sum.${name}`, 'float32', shape),
      );
      this.#addToSum(graph, parts);
      return graph;
    });
    await program.run({ ...blockSums.all(), ...this.#sums() });
    this.#isFresh = false;
    blockSums.reset();
  }

  /** What `#declareSums` takes. */
  #sums(): Feeds {
    if (this.options.device === 'cpu') {
      const blocks = Object.entries(weightFeeds(trainedBlocks(this.blocks), this.gradient));
      return Object.fromEntries(blocks.map(([name, feed]) => [`accumulated.${name}`, feed]));
    }
    return { accumulated: this.sum, keep: { data: Float32Array.of(this.#isFresh ? 0 : 1), shape: [] } };
  }

  #declareLoss(
    graph: GraphBuilder,
    packed: TokenStatistics,
    { placeOfCell, cellOfPlace }: { placeOfCell: Value; cellOfPlace: Value },
    { groups, rowsPerGroup, length }: GroupShape,
  ): Value {
    const toGrid = (value: Value) => reindex(graph, value, placeOfCell, cellOfPlace);
    const statistics = { logProbability: toGrid(packed.logProbability), entropy: toGrid(packed.entropy) };
    const grid = [groups * rowsPerGroup, length] as const;
    if (this.objective.kind === 'supervised') {
      const loss = crossEntropy(graph, statistics, grid);
      graph.output('loss', loss);
      return loss;
    }
    const { loss, sums } = policyLoss(graph, statistics, grid, this.objective.settings);
    graph.output('loss', loss);
    for (const [name, value] of Object.entries(sums)) graph.output(name, value);
    return loss;
  }

  get #usesEntropy(): boolean {
    return this.objective.kind === 'policy' && this.objective.settings.entropyCoefficient > 0;
  }

  /** The loss of given statistics, with its gradient by them. */
  #buildLoss(shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('loss', this.options.device);
    const { groups, rowsPerGroup, length, packed } = shape;
    const statistics = {
      logProbability: graph.input('tokenLogProbability', 'float32', [packed], true),
      entropy: graph.input('tokenEntropy', 'float32', [packed], true),
    };
    const places = {
      placeOfCell: graph.input('placeOfCell', 'int32', [groups * rowsPerGroup * length]),
      cellOfPlace: graph.input('cellOfPlace', 'int32', [packed]),
    };
    const loss = this.#declareLoss(graph, statistics, places, shape);
    const { logProbability, entropy } = statistics;
    const by = gradients(graph, loss, this.#usesEntropy ? [logProbability, entropy] : [logProbability]);
    graph.output('byLogProbability', by[0]!);
    if (by[1]) graph.output('byEntropy', by[1]);
    return graph;
  }

  reset(): void {
    this.#isFresh = true;
    this.#blockSums?.reset();
    if (this.options.device === 'cpu') this.gradient.fill(0);
  }

  /** Replaces the sum by that of these passes. */
  async replace(
    weights: ModelWeights,
    passes: readonly GradientPass[],
    temperature: number,
  ): Promise<PassSums[]> {
    this.reset();
    const sums: PassSums[] = [];
    for (const { chunk, grids } of passes) sums.push(await this.add(weights, chunk, temperature, grids));
    return sums;
  }

  /** Adds the gradient of one chunk. */
  async add(
    weights: ModelWeights,
    chunk: SequenceChunk,
    temperature: number,
    grids: GradientPass['grids'],
  ): Promise<PassSums> {
    const { rows, length } = chunk;
    const shaped = Object.fromEntries(
      Object.entries(grids).map(([name, data]) => [name, { data, shape: [rows, length] }]),
    );
    return goesByLayers(this.config, chunk.shape, this.settings)
      ? this.#addByLayers(weights, chunk, temperature, shaped)
      : this.#addAtOnce(weights, chunk, temperature, shaped);
  }

  async #addAtOnce(
    weights: ModelWeights,
    chunk: SequenceChunk,
    temperature: number,
    grids: Feeds,
  ): Promise<PassSums> {
    const { shape } = chunk;
    const program = await this.#programs.get(shapeKey(shape), () => this.#build(shape));
    const feeds: Feeds = {
      ...weightFeeds(this.blocks, weights),
      ...this.#feeds.of(chunk, temperature),
      ...grids,
      ...this.#sums(),
    };
    const scalars = await program.run(feeds);
    this.#isFresh = false;
    return numbers(scalars);
  }

  async #addByLayers(
    weights: ModelWeights,
    chunk: SequenceChunk,
    temperature: number,
    grids: Feeds,
  ): Promise<PassSums> {
    const { shape } = chunk;
    const sums = await this.#layeredSums();
    const states = await this.#layered.forward(weights, chunk, temperature, true);
    const { logProbability, entropy } = await this.#layered.statistics(weights, states, shape.packed);
    const program = await this.#programs.get(`loss ${shapeKey(shape)}`, () => this.#buildLoss(shape));
    const { byLogProbability, byEntropy, ...scalars } = await program.run({
      ...states.feeds,
      ...grids,
      tokenLogProbability: { data: logProbability, shape: [shape.packed] },
      tokenEntropy: { data: entropy, shape: [shape.packed] },
    });
    const by = {
      logProbability: byLogProbability as Float32Array,
      entropy: byEntropy === undefined ? null : (byEntropy as Float32Array),
    };
    await this.#layered.backward(weights, chunk, states, by, sums);
    return numbers(scalars);
  }

  /** What layers add their gradients to. */
  async #layeredSums(): Promise<Float32Array | BlockSums> {
    if (isResident(this.sum)) {
      this.#blockSums ??= await BlockSums.create(trainedBlocks(this.blocks), this.#memory);
      return this.#blockSums;
    }
    if (this.#isFresh) this.gradient.fill(0);
    this.#isFresh = false;
    return this.gradient;
  }

  async release(): Promise<void> {
    await this.#programs.release();
    await this.#layered.release();
    await this.#memory.release();
  }
}

const numbers = (scalars: Record<string, TensorData>): PassSums =>
  Object.fromEntries(Object.entries(scalars).map(([name, data]) => [name, Number(data[0])]));
