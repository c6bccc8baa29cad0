/** METHOD's features of a whole batch: one V × d product, of sums that sampling provides. */
import { featureDifference, tokenCounts } from '../../g2rl/index.js';
import { GraphBuilder, gemm, toSingle } from './graph/index.js';
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
    const differences = graph.input('differences', 'float32', ['b', config.vocabSize]);
    const weights = graph.input(head.name, head.type, head.shape);
    graph.output('features', gemm(graph, differences, toSingle(graph, weights), false, false));
    return new FeatureProgram(await Program.compile(graph, options), config, head);
  }

  /** Φ of each response, [responses, hiddenSize] (paper eq. 5–8): Wᵀ(mean_t onehot(y_t) − mean_t p_t). */
  async compute(weights: ModelWeights, { responses, probabilitySums }: Rollout): Promise<Float32Array> {
    const { vocabSize } = this.config;
    const differences = new Float32Array(responses.length * vocabSize);
    responses.forEach(({ tokens }, row) => {
      const sums = probabilitySums.subarray(row * vocabSize, (row + 1) * vocabSize);
      differences.set(
        featureDifference(tokenCounts(tokens, vocabSize), sums, tokens.length),
        row * vocabSize,
      );
    });
    const { features } = await this.program.run({
      ...weightFeeds([this.head], weights),
      differences: { data: differences, shape: [responses.length, vocabSize] },
    });
    return features as Float32Array;
  }

  release(): Promise<void> {
    return this.program.release();
  }
}
