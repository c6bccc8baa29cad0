/** Sums of gradients on a GPU where passes go layer by layer: a tensor for each block of weights. */
import type { DeviceMemory } from './device-memory.js';
import type { DeviceTensor } from './device-tensor.js';
import type { Feeds } from './graph/index.js';
import type { WeightBlock } from './model/index.js';

export class BlockSums {
  /** Blocks that something was added to since `reset`: what the others hold does not count. */
  readonly #begun = new Set<string>();

  private constructor(private readonly tensors: ReadonlyMap<string, DeviceTensor>) {}

  /** @param blocks what is trained */
  static async create(blocks: readonly WeightBlock[], memory: DeviceMemory): Promise<BlockSums> {
    const tensors = new Map<string, DeviceTensor>();
    for (const { name, shape, size } of blocks) {
      tensors.set(name, await memory.upload({ data: new Float32Array(size), shape }));
    }
    return new BlockSums(tensors);
  }

  /** Whether anything was added since `reset`. */
  get hasBegun(): boolean {
    return this.#begun.size > 0;
  }

  /** What a graph that adds to these blocks takes; it must be run. `keep` is 0 where what they hold does not count. */
  feeds(names: readonly string[]): { sums: DeviceTensor[]; keep: number } {
    const keep = names.some((name) => this.#begun.has(name)) ? 1 : 0;
    for (const name of names) this.#begun.add(name);
    return { sums: names.map((name) => this.#tensor(name)), keep };
  }

  /** All sums, as `sum.<name>`. */
  all(): Feeds {
    return Object.fromEntries([...this.tensors].map(([name, tensor]) => [`sum.${name}`, tensor]));
  }

  reset(): void {
    this.#begun.clear();
  }

  #tensor(name: string): DeviceTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new Error(`${name} has no gradient on the device.`);
    return tensor;
  }
}
