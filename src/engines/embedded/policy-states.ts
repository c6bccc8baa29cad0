/** States of texts' tokens by a model of the architecture of policies, which needs no ONNX file. */

import type { ModelOutput, TextStates, TokenBatch } from './embeddings/index.js';
import { GraphBuilder } from './graph/index.js';
import {
  declareWeights,
  decoder,
  type Policy,
  readPolicyFolder,
  weightBlocks,
  weightFeeds,
} from './model/index.js';
import { ProgramCache } from './program-cache.js';
import { runtimeOptions } from './provider.js';
import { roundedLength } from './sequences.js';

export class PolicyStates implements TextStates {
  readonly #programs: ProgramCache;

  private constructor(
    private readonly policy: Policy,
    threads: number,
  ) {
    // Embedding models are small, and so on the processor everywhere: distances between texts are the same.
    this.#programs = new ProgramCache(runtimeOptions(threads));
  }

  /** @throws InputError naming the file, and the field or tensor */
  static load(folder: string, threads: number): PolicyStates {
    return new PolicyStates(readPolicyFolder(folder), threads);
  }

  #build(rows: number, length: number): GraphBuilder {
    const { config, layout } = this.policy;
    const graph = new GraphBuilder('states');
    const { weights } = declareWeights(graph, weightBlocks(config, layout), false);
    const tokens = graph.input('tokens', 'int32', [rows * length]);
    graph.output('states', decoder(graph, config, weights, tokens, rows, length).hidden);
    return graph;
  }

  async run({ ids, tokens }: TokenBatch): Promise<ModelOutput> {
    const { config, layout, weights } = this.policy;
    // Few sizes, so that few graphs are compiled.
    const rows = 2 ** Math.ceil(Math.log2(ids.length));
    const length = Math.min(roundedLength(tokens), config.maxPositions);
    const padded = new Int32Array(rows * length).fill(config.padTokenId ?? 0);
    for (const [row, own] of ids.entries()) padded.set(own, row * length);
    const program = await this.#programs.get(`${rows}x${length}`, () => this.#build(rows, length));
    const { states } = await program.run({
      ...weightFeeds(weightBlocks(config, layout), weights),
      tokens: { data: padded, shape: [padded.length] },
    });
    const width = config.hiddenSize;
    const data = new Float32Array(ids.length * tokens * width);
    for (const row of ids.keys()) {
      const start = row * length * width;
      data.set((states as Float32Array).subarray(start, start + tokens * width), row * tokens * width);
    }
    return { data, shape: [ids.length, tokens, width] };
  }

  release(): Promise<void> {
    return this.#programs.release();
  }
}
