/** Log-probabilities of given completions, by one forward pass: for the frozen reference of the KL term. */
import { GraphBuilder } from './graph/index.js';
import {
  declareWeights,
  decoder,
  logits,
  type ModelConfig,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { tokenStatistics } from './objective.js';
import type { RuntimeOptions } from './program.js';
import { ProgramCache } from './program-cache.js';
import { gatherFromGrid, type Sequence, type SequenceChunk } from './sequences.js';

export class LogProbabilities {
  readonly #programs: ProgramCache;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    options: RuntimeOptions,
  ) {
    this.#programs = new ProgramCache(options);
  }

  #build(rows: number, length: number): GraphBuilder {
    const graph = new GraphBuilder('log-probabilities');
    const { weights } = declareWeights(graph, this.blocks, false);
    const tokens = graph.input('tokens', 'int32', [rows * length]);
    const { hidden } = decoder(graph, this.config, weights, tokens, rows, length);
    const statistics = tokenStatistics(
      graph,
      logits(graph, this.config, weights, hidden),
      graph.input('targets', 'int32', [rows * length]),
      graph.input('temperature', 'float32', []),
    );
    graph.output('logProbability', statistics.logProbability);
    return graph;
  }

  /** Per sequence, the log-probability of each completion token at this temperature. */
  async score(
    weights: Float32Array,
    sequences: readonly Sequence[],
    chunks: readonly SequenceChunk[],
    temperature: number,
  ): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(sequences.length);
    for (const chunk of chunks) {
      const { rows, length, tokens, targets, members } = chunk;
      const program = await this.#programs.get(`${rows}x${length}`, () => this.#build(rows, length));
      const { logProbability } = await program.run({
        ...weightFeeds(this.blocks, weights),
        tokens: { data: tokens, shape: [rows * length] },
        targets: { data: targets, shape: [rows * length] },
        temperature: { data: Float32Array.of(temperature), shape: [] },
      });
      members.forEach((sequence, row) => {
        results[sequence] = gatherFromGrid(chunk, sequences, logProbability as Float32Array, row);
      });
    }
    return results;
  }

  release(): Promise<void> {
    return this.#programs.release();
  }
}
