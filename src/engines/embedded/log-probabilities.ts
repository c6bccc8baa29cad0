/** Log-probabilities of given completions, by one forward pass: for the frozen reference of the KL term. */
import { ChunkFeeds, chunkPass, shapeKey } from './chunk-pass.js';
import { GraphBuilder, type GroupShape } from './graph/index.js';
import {
  declareWeights,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import { type Sequence, type SequenceChunk, unpacked } from './sequences.js';

export class LogProbabilities {
  readonly #programs: ProgramCache;
  readonly #feeds: ChunkFeeds;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly options: RuntimeOptions,
  ) {
    this.#programs = new ProgramCache(options);
    this.#feeds = new ChunkFeeds(config);
  }

  #build(shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('log-probabilities', this.options.device);
    const { weights } = declareWeights(graph, this.blocks, false);
    const { statistics } = chunkPass(graph, this.config, weights, shape);
    graph.output('logProbability', statistics.logProbability);
    return graph;
  }

  /** Per sequence, the log-probability of each completion token at this temperature. */
  async score(
    weights: ModelWeights,
    sequences: readonly Sequence[],
    chunks: readonly SequenceChunk[],
    temperature: number,
  ): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(sequences.length);
    for (const chunk of chunks) {
      const { shape } = chunk;
      const program = await this.#programs.get(shapeKey(shape), () => this.#build(shape));
      const { logProbability } = await program.run({
        ...weightFeeds(this.blocks, weights),
        ...this.#feeds.of(chunk, temperature),
      });
      for (const [sequence, values] of unpacked(chunk, sequences, logProbability as Float32Array)) {
        results[sequence] = values;
      }
    }
    return results;
  }

  release(): Promise<void> {
    return this.#programs.release();
  }
}
