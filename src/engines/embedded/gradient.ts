/** Gradients of a loss by all parameters, summed over chunks of sequences. */
import { ChunkFeeds, chunkPass, shapeKey } from './chunk-pass.js';
import {
  accumulate,
  type Feeds,
  GraphBuilder,
  type GroupShape,
  gradients,
  reindex,
  type Value,
} from './graph/index.js';
import { declareWeights, type ModelConfig, type WeightBlock, weightFeeds } from './model/index.js';
import { crossEntropy, type PolicyLossSettings, policyLoss } from './objective.js';
import type { RuntimeOptions } from './program.js';
import { ProgramCache } from './program-cache.js';
import type { SequenceChunk } from './sequences.js';

/** `policy` is the GRPO objective; `supervised` is cross-entropy. */
export type Objective = { kind: 'policy'; settings: PolicyLossSettings } | { kind: 'supervised' };

export class GradientAccumulator {
  readonly #programs: ProgramCache;
  readonly #feeds: ChunkFeeds;
  /** Σ of the gradients added since `reset`, in the order of the flat parameter array. */
  readonly gradient: Float32Array;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly objective: Objective,
    options: RuntimeOptions,
  ) {
    this.#programs = new ProgramCache(options);
    this.#feeds = new ChunkFeeds(config);
    this.gradient = new Float32Array(blocks.reduce((total, block) => total + block.size, 0));
  }

  #build(shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('gradient');
    const { weights, parameters } = declareWeights(graph, this.blocks, true);
    const { statistics, placeOfCell, cellOfPlace } = chunkPass(graph, this.config, weights, shape);
    const toGrid = (packed: Value) => reindex(graph, packed, placeOfCell, cellOfPlace);
    const onGrid = {
      logProbability: toGrid(statistics.logProbability),
      entropy: toGrid(statistics.entropy),
    };
    const loss = this.#declareLoss(graph, onGrid, [shape.groups * shape.rowsPerGroup, shape.length]);
    graph.output('loss', loss);
    for (const [index, gradient] of gradients(graph, loss, parameters).entries()) {
      const { name, shape: size } = this.blocks[index]!;
      const accumulated = graph.input(`accumulated.${name}`, 'float32', size);
      graph.output(`gradient.${name}`, accumulate(graph, accumulated, gradient));
    }
    return graph;
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
    this.gradient.fill(0);
  }

  /**
   * Adds the gradient of one chunk. `grids` are the objective's inputs, [rows·length] each.
   * Returns the loss and the objective's sums.
   */
  async add(
    weights: Float32Array,
    chunk: SequenceChunk,
    temperature: number,
    grids: Record<string, Float32Array>,
  ): Promise<Record<string, number>> {
    const { rows, length, shape } = chunk;
    const program = await this.#programs.get(shapeKey(shape), () => this.#build(shape));
    const feeds: Feeds = {
      ...weightFeeds(this.blocks, weights),
      ...this.#feeds.of(chunk, temperature),
    };
    const inPlace: Record<string, string> = {};
    for (const [name, sum] of Object.entries(weightFeeds(this.blocks, this.gradient))) {
      feeds[`accumulated.${name}`] = sum;
      inPlace[`gradient.${name}`] = `accumulated.${name}`;
    }
    for (const [name, data] of Object.entries(grids)) feeds[name] = { data, shape: [rows, length] };
    const results = Object.entries(await program.run(feeds, inPlace));
    return Object.fromEntries(
      results.filter(([name]) => !(name in inPlace)).map(([name, data]) => [name, Number(data[0])]),
    );
  }

  release(): Promise<void> {
    return this.#programs.release();
  }
}
