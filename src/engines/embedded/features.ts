/** METHOD's features of a whole batch: one V × d product, of sums that sampling provides. */
import { GraphBuilder, gemm, multiply, subtract, toSingle } from './graph/index.js';
import { type ModelConfig, type ModelWeights, type WeightBlock, weightFeeds } from './model/index.js';
import { Program } from './program.js';
import type { RuntimeOptions } from './provider.js';
import type { Rollout } from './sampling.js';

export class FeatureProgram {
  private constructor(
    private readonly program: Program,
    private readonly config: ModelConfig,
    private readonly head: WeightBlock,
  ) {}

  static async create(
    config: ModelConfig,
    blocks: readonly WeightBlock[],
    options: RuntimeOptions,
  ): Promise<FeatureProgram> {
    const name = config.tieWordEmbeddings ? 'embedding' : 'head';
    const head = blocks.find((block) => block.name === name)!;
    const graph = new GraphBuilder('features', options.device);
    const counts = graph.input('counts', 'float32', ['b', config.vocabSize]);
    const sums = graph.input('sums', 'float32', ['b', config.vocabSize]);
    const shares = graph.input('shares', 'float32', ['b', 1]);
    const differences = multiply(graph, subtract(graph, counts, sums), shares);
    const weights = graph.input(head.name, head.type, head.shape);
    graph.output('features', gemm(graph, differences, toSingle(graph, weights), false, false));
    return new FeatureProgram(await Program.compile(graph, options), config, head);
  }

  /** Φ of each response, [responses, hiddenSize] (paper eq. 5–8): Wᵀ(mean_t onehot(y_t) − mean_t p_t). */
  async compute(weights: ModelWeights, { responses, probabilitySums }: Rollout): Promise<Float32Array> {
    const { vocabSize } = this.config;
    // What is as wide as the vocabulary is left to the graph: the tokens are few.
    const counts = new Float32Array(responses.length * vocabSize);
    const shares = new Float32Array(responses.length);
    for (const [row, { tokens }] of responses.entries()) {
      for (const token of tokens) counts[row * vocabSize + token]! += 1;
      // A response without tokens has no sum either.
      shares[row] = 1 / Math.max(1, tokens.length);
    }
    const shape = [responses.length, vocabSize];
    const { features } = await this.program.run({
      ...weightFeeds([this.head], weights),
      counts: { data: counts, shape },
      sums: { data: probabilitySums, shape },
      shares: { data: shares, shape: [responses.length, 1] },
    });
    return features as Float32Array;
  }

  release(): Promise<void> {
    return this.program.release();
  }
}
