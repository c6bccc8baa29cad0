/** The weights of one part of a model, such as a layer, under names that are the same for all parts of its kind. */
import { BlockSums } from './block-sums.js';
import { accumulate, type Feeds, type GraphBuilder, type Value } from './graph/index.js';
import { type ModelWeights, trainedBlocks, type WeightBlock, weightFeeds } from './model/index.js';

export class WeightPart {
  /** Under their local names. */
  readonly blocks: readonly WeightBlock[];
  /** Parts with the same one can share a program. */
  readonly key: string;

  /** @param prefix what the blocks' names begin with and the local ones do not */
  constructor(
    private readonly whole: readonly WeightBlock[],
    private readonly prefix = '',
  ) {
    const local = (name: string) => name.slice(prefix.length);
    this.blocks = whole.map((block) => {
      const { name, lowRank } = block;
      if (!lowRank) return { ...block, name: local(name) };
      const modules = lowRank.modules.map(({ rows, up }) => ({ rows, up: up === null ? null : local(up) }));
      return { ...block, name: local(name), lowRank: { ...lowRank, down: local(lowRank.down), modules } };
    });
    this.key = this.blocks.map(({ name }) => name).join();
  }

  get isTrained(): boolean {
    return trainedBlocks(this.whole).length > 0;
  }

  feeds(weights: ModelWeights): Feeds {
    const feeds = weightFeeds(this.whole, weights);
    return Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [name.slice(this.prefix.length), feed]),
    );
  }

  /** Ends a graph: gradients of what is trained are added to the sums that `sums` feeds, in their memory. */
  addGradients(graph: GraphBuilder, gradients: readonly Value[]): void {
    const trained = trainedBlocks(this.blocks);
    if (trained.length === 0) return;
    const keep = graph.device === 'cpu' ? null : graph.input('keep', 'float32', []);
    for (const [index, { name, shape }] of trained.entries()) {
      const total = graph.input(`sum.${name}`, 'float32', shape);
      // On a GPU no launch may read and write the same memory: a product stands between.
      const kept = keep ? graph.node('Mul', [total, keep], shape) : total;
      graph.replace(total, accumulate(graph, kept, gradients[index]!));
    }
  }

  /** What takes the new sums: views of the flat gradient, or tensors on the device. */
  sums(gradient: Float32Array | BlockSums): Feeds {
    if (gradient instanceof BlockSums) {
      const names = trainedBlocks(this.whole).map(({ name }) => name);
      const { sums, keep } = gradient.feeds(names);
      const named = names.map(
        (name, index) => [`sum.${name.slice(this.prefix.length)}`, sums[index]!] as const,
      );
      return { ...Object.fromEntries(named), keep: { data: Float32Array.of(keep), shape: [] } };
    }
    const views = trainedBlocks(this.blocks).map(({ name, shape, offset, size }) => [
      `sum.${name}`,
      { data: gradient.subarray(offset, offset + size), shape },
    ]);
    return { ...Object.fromEntries(views), keep: { data: Float32Array.of(1), shape: [] } };
  }
}
