/** Arrays that stay on the device between runs. */
import type { DeviceTensor } from './device-tensor.js';
import { type Feed, GraphBuilder, type TensorData } from './graph/index.js';
import { type HostWeights, type ModelWeights, type WeightBlock, weightFeeds } from './model/index.js';
import { elementType, Program, ResidentProgram } from './program.js';
import type { RuntimeOptions } from './provider.js';

/** Graphs that copy, one for each type and rank. */
function copyGraph({ device }: RuntimeOptions, type: DeviceTensor['type'], rank: number): GraphBuilder {
  const graph = new GraphBuilder('copy', device);
  const shape = Array.from({ length: rank }, (_, axis) => `size${axis}`);
  graph.output('copy', graph.input('values', type, shape));
  return graph;
}

/** Owns what it uploads. On the processor nothing has to be moved, and arrays are used as they are. */
export class DeviceMemory {
  readonly #uploads = new Map<string, ResidentProgram>();
  readonly #downloads = new Map<string, Program>();

  constructor(private readonly options: RuntimeOptions) {}

  async upload(feed: Feed): Promise<DeviceTensor> {
    const type = elementType(feed.data);
    const rank = feed.shape.length;
    const key = `${type} ${rank}`;
    const known = this.#uploads.get(key);
    const program =
      known ?? (await ResidentProgram.compile(copyGraph(this.options, type, rank), this.options));
    this.#uploads.set(key, program);
    const { copy } = await program.run({ values: feed });
    return copy!;
  }

  async download(tensor: DeviceTensor): Promise<TensorData> {
    const { type, shape } = tensor;
    const key = `${type} ${shape.length}`;
    const known = this.#downloads.get(key);
    const program =
      known ?? (await Program.compile(copyGraph(this.options, type, shape.length), this.options));
    this.#downloads.set(key, program);
    const { copy } = await program.run({ values: tensor });
    return copy!;
  }

  /** The weights where graphs read them: as they are on the processor, a tensor a block on a GPU. */
  async place(blocks: readonly WeightBlock[], weights: HostWeights): Promise<ModelWeights> {
    return this.options.device === 'cpu' ? weights : { tensors: await this.uploadBlocks(blocks, weights) };
  }

  async uploadBlocks(
    blocks: readonly WeightBlock[],
    weights: HostWeights,
  ): Promise<ReadonlyMap<string, DeviceTensor>> {
    const tensors = new Map<string, DeviceTensor>();
    for (const [name, feed] of Object.entries(weightFeeds(blocks, weights))) {
      tensors.set(name, await this.upload(feed as Feed));
    }
    return tensors;
  }

  async release(): Promise<void> {
    for (const program of [...this.#uploads.values(), ...this.#downloads.values()]) await program.release();
  }
}
