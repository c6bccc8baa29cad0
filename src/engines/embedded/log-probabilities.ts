/** Log-probabilities of given completions, by one forward pass: for the frozen reference of the KL term. */
import { ChunkFeeds, chunkPass, shapeKey } from './chunk-pass.js';
import { GraphBuilder, type GroupShape } from './graph/index.js';
import type { Helpers } from './helpers.js';
import { LayeredPass } from './layered-pass.js';
import {
  declareWeights,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { goesByLayers, type PassSettings } from './plan/index.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import { type Sequence, type SequenceChunk, unpacked } from './sequences.js';

export class LogProbabilities {
  readonly #programs: ProgramCache;
  readonly #feeds: ChunkFeeds;
  readonly #layered: LayeredPass;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly options: RuntimeOptions,
    private readonly settings: PassSettings = {},
    /** Score a share each. */
    private readonly helpers: Helpers | null = null,
  ) {
    this.#programs = new ProgramCache(options);
    this.#feeds = new ChunkFeeds(config);
    this.#layered = new LayeredPass(config, blocks, this.#feeds, options);
  }

  #build(shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('log-probabilities', this.options.device);
    const { weights } = declareWeights(graph, this.blocks, false);
    const { statistics } = chunkPass(graph, this.config, weights, shape);
    graph.output('logProbability', statistics.logProbability);
    return graph;
  }

  /**
   * Per sequence, the log-probability of each completion token at this temperature.
   * @param hands the chunks of each share, one without helpers
   */
  async score(
    weights: ModelWeights,
    sequences: readonly Sequence[],
    chunks: readonly SequenceChunk[],
    temperature: number,
    hands: readonly (readonly number[])[] = [[...chunks.keys()]],
  ): Promise<Float32Array[]> {
    const own = (part: readonly SequenceChunk[]) => this.ofChunks(weights, part, temperature);
    const scores =
      this.helpers && weights instanceof Float32Array
        ? await this.helpers.score(weights, chunks, hands, temperature, own)
        : await own(chunks);
    const results = new Array<Float32Array>(sequences.length);
    for (const [index, chunk] of chunks.entries()) {
      for (const [sequence, values] of unpacked(chunk, sequences, scores[index]!)) {
        results[sequence] = values;
      }
    }
    return results;
  }

  /** Of each chunk the log-probabilities of its packed tokens. */
  async ofChunks(
    weights: ModelWeights,
    chunks: readonly SequenceChunk[],
    temperature: number,
  ): Promise<Float32Array[]> {
    const scores: Float32Array[] = [];
    for (const chunk of chunks) {
      const logProbability = goesByLayers(this.config, chunk.shape, this.settings)
        ? await this.#byLayers(weights, chunk, temperature)
        : await this.#atOnce(weights, chunk, temperature);
      scores.push(logProbability);
    }
    return scores;
  }

  async #atOnce(weights: ModelWeights, chunk: SequenceChunk, temperature: number): Promise<Float32Array> {
    const { shape } = chunk;
    const program = await this.#programs.get(shapeKey(shape), () => this.#build(shape));
    const { logProbability } = await program.run({
      ...weightFeeds(this.blocks, weights),
      ...this.#feeds.of(chunk, temperature),
    });
    return logProbability as Float32Array;
  }

  async #byLayers(weights: ModelWeights, chunk: SequenceChunk, temperature: number): Promise<Float32Array> {
    const states = await this.#layered.forward(weights, chunk, temperature, false);
    const statistics = await this.#layered.statistics(weights, states, chunk.shape.packed);
    return statistics.logProbability;
  }

  async release(): Promise<void> {
    await this.#programs.release();
    await this.#layered.release();
  }
}
