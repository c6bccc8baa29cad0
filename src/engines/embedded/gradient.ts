/** Gradients of a loss by all parameters, summed over chunks of sequences. */
import { ChunkFeeds, chunkPass, shapeKey } from './chunk-pass.js';
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
  type Value,
} from './graph/index.js';
import {
  declareWeights,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { crossEntropy, type PolicyLossSettings, policyLoss } from './objective.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import type { SequenceChunk } from './sequences.js';

/** `policy` is the GRPO objective; `supervised` is cross-entropy. */
export type Objective = { kind: 'policy'; settings: PolicyLossSettings } | { kind: 'supervised' };

export class GradientAccumulator {
  readonly #programs: ProgramCache;
  readonly #feeds: ChunkFeeds;
  readonly #size: number;
  /** Σ of the gradients added since `reset`, in the order of the flat parameter array; zeros may follow. */
  readonly sum: Feed | ResidentFeed;
  #isFresh = true;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly objective: Objective,
    private readonly options: RuntimeOptions,
    sum?: ResidentFeed,
  ) {
    this.#programs = new ProgramCache(options);
    this.#feeds = new ChunkFeeds(config);
    this.#size = blocks.reduce((total, block) => total + block.size, 0);
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
    const toGrid = (packed: Value) => reindex(graph, packed, placeOfCell, cellOfPlace);
    const onGrid = {
      logProbability: toGrid(statistics.logProbability),
      entropy: toGrid(statistics.entropy),
    };
    const loss = this.#declareLoss(graph, onGrid, [shape.groups * shape.rowsPerGroup, shape.length]);
    graph.output('loss', loss);
    this.#declareSums(graph, gradients(graph, loss, parameters));
    return graph;
  }

  /** Adds the gradients to what earlier chunks left, in its place. */
  #declareSums(graph: GraphBuilder, parts: readonly Value[]): void {
    if (graph.device === 'cpu') {
      for (const [index, gradient] of parts.entries()) {
        const { name, shape } = this.blocks[index]!;
        const accumulated = graph.input(`accumulated.${name}`, 'float32', shape);
        graph.replace(accumulated, accumulate(graph, accumulated, gradient));
      }
      return;
    }
    const flat = parts.map((gradient, index) => reshape(graph, gradient, [this.blocks[index]!.size]));
    const [size] = this.sum.shape as [number];
    const padding = size - this.#size;
    if (padding > 0) flat.push(graph.constant(new Float32Array(padding), [padding]));
    const joined = concatenate(graph, flat, 0);
    // Nothing before the first chunk counts. The product is also why no launch reads and writes the same memory.
    const accumulated = graph.input('accumulated', 'float32', [size]);
    const kept = graph.node('Mul', [accumulated, graph.input('keep', 'float32', [])], [size]);
    graph.replace(accumulated, graph.node('Add', [kept, joined], [size]));
  }

  /** What `#declareSums` takes. */
  #sums(): Feeds {
    if (this.options.device === 'cpu') {
      const blocks = Object.entries(weightFeeds(this.blocks, this.gradient));
      return Object.fromEntries(blocks.map(([name, feed]) => [`accumulated.${name}`, feed]));
    }
    return { accumulated: this.sum, keep: { data: Float32Array.of(this.#isFresh ? 0 : 1), shape: [] } };
  }

  #declareLoss(
    graph: GraphBuilder,
    statistics: { logProbability: Value; entropy: Value },
    grid: readonly [number, number],
  ): Value {
    if (this.objective.kind === 'supervised') return crossEntropy(graph, statistics, grid);
    const { loss, sums } = policyLoss(graph, statistics, grid, this.objective.settings);
    for (const [name, value] of Object.entries(sums)) graph.output(name, value);
    return loss;
  }

  reset(): void {
    this.#isFresh = true;
    if (this.options.device === 'cpu') this.gradient.fill(0);
  }

  /**
   * Adds the gradient of one chunk. `grids` are the objective's inputs, [rows·length] each.
   * Returns the loss and the objective's sums.
   */
  async add(
    weights: ModelWeights,
    chunk: SequenceChunk,
    temperature: number,
    grids: Record<string, Float32Array>,
  ): Promise<Record<string, number>> {
    const { rows, length, shape } = chunk;
    const program = await this.#programs.get(shapeKey(shape), () => this.#build(shape));
    const feeds: Feeds = {
      ...weightFeeds(this.blocks, weights),
      ...this.#feeds.of(chunk, temperature),
      ...this.#sums(),
    };
    for (const [name, data] of Object.entries(grids)) feeds[name] = { data, shape: [rows, length] };
    const scalars = await program.run(feeds);
    this.#isFresh = false;
    return Object.fromEntries(Object.entries(scalars).map(([name, data]) => [name, Number(data[0])]));
  }

  release(): Promise<void> {
    return this.#programs.release();
  }
}
