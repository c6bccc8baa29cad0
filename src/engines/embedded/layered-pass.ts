/**
 * A pass over a chunk of sequences, one layer at a time: a program is compiled once and run for every layer, activations
 * are computed again on the way back, and logits exist for a part of the tokens only.
 */
import type { BlockSums } from './block-sums.js';
import { type ChunkFeeds, declareGroupInputs, shapeKey } from './chunk-pass.js';
import { DeviceMemory } from './device-memory.js';
import type { DeviceTensor } from './device-tensor.js';
import {
  add,
  embedding,
  type Feed,
  type Feeds,
  GraphBuilder,
  type GroupShape,
  gradients,
  multiply,
  type ResidentFeed,
  rmsNorm,
  sum,
} from './graph/index.js';
import {
  declareWeights,
  groupLayer,
  logits,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
} from './model/index.js';
import { tokenStatistics } from './objective.js';
import { rowsOfHead } from './plan/index.js';
import type { Program } from './program.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import type { SequenceChunk } from './sequences.js';
import { WeightPart } from './weight-part.js';

/** Hidden states [n, hiddenSize] where the layers compute. */
type States = Float32Array | DeviceTensor;

/** What the way back needs of the way there. On a GPU it is there until the next way there. */
export interface LayeredStates {
  /** Before each layer, and after the last where none are kept for a way back. */
  states: States[];
  /** After the last layer. */
  last: Float32Array;
  feeds: Record<string, Feed>;
  /** Those that every layer takes, where the layers compute. */
  shared: Feeds;
}

/** What every layer takes. */
const sharedFeeds = ['cosines', 'sines', 'placeOfCell', 'cellOfPlace', 'prefixBias'];

/** Of each packed token, [packed] each. */
export interface PackedStatistics {
  logProbability: Float32Array;
  entropy: Float32Array;
}

export class LayeredPass {
  readonly #programs: ProgramCache;
  readonly #embedding: WeightPart;
  readonly #layers: readonly WeightPart[];
  readonly #head: WeightPart;
  readonly #memory: DeviceMemory;
  /** States on the device, by what they are for; all of one size. */
  readonly #kept = new Map<string, DeviceTensor>();
  #shared: DeviceTensor[] = [];

  constructor(
    private readonly config: ModelConfig,
    blocks: readonly WeightBlock[],
    private readonly feeds: ChunkFeeds,
    private readonly options: RuntimeOptions,
    /** Tokens whose logits exist at once. */
    private readonly headRows = rowsOfHead(config),
  ) {
    this.#programs = new ProgramCache(options);
    this.#memory = new DeviceMemory(options);
    const named = (...names: string[]) => blocks.filter(({ name }) => names.includes(name));
    this.#embedding = new WeightPart(named('embedding'));
    this.#layers = Array.from({ length: config.layers }, (_, layer) => {
      const prefix = `layer${layer}.`;
      return new WeightPart(
        blocks.filter(({ name }) => name.startsWith(prefix)),
        prefix,
      );
    });
    this.#head = new WeightPart(named('finalNorm', config.tieWordEmbeddings ? 'embedding' : 'head'));
  }

  /** @param keep whether the states before each layer are needed for the way back; else only the last are there */
  async forward(
    weights: ModelWeights,
    chunk: SequenceChunk,
    temperature: number,
    keep: boolean,
  ): Promise<LayeredStates> {
    const { shape } = chunk;
    const feeds = this.feeds.of(chunk, temperature);
    const shared = await this.#share(feeds);
    const size = chunk.tokens.length;
    const first = await this.#programs.get(`embedding ${size}`, () => this.#embeddingGraph(size));
    const firstFeeds = { ...this.#embedding.feeds(weights), tokens: feeds.tokens! };
    let x = await this.#run(first, firstFeeds, 'x', 'state 0', size);
    const states = [x];
    for (const [index, layer] of this.#layers.entries()) {
      const program = await this.#programs.get(`forward ${shapeKey(shape)} ${layer.key}`, () =>
        this.#layerGraph(layer, shape),
      );
      const place = `state ${keep ? index + 1 : (index + 1) % 2}`;
      x = await this.#run(
        program,
        { ...layer.feeds(weights), ...shared, x: this.#rows(x) },
        'y',
        place,
        size,
      );
      if (keep) states.push(x);
      else states[0] = x;
    }
    const last = x instanceof Float32Array ? x : ((await this.#memory.download(x)) as Float32Array);
    return { states, last, feeds, shared };
  }

  /** Runs a graph whose result stays where the layers compute: on a GPU in the memory that has this name. */
  async #run(program: Program, feeds: Feeds, output: string, place: string, size: number): Promise<States> {
    if (this.options.device === 'cpu') return (await program.run(feeds))[output] as Float32Array;
    const tensor = await this.#keep(place, size);
    await program.run(feeds, { [output]: tensor });
    return tensor;
  }

  async #keep(place: string, size: number): Promise<DeviceTensor> {
    const { hiddenSize } = this.config;
    const [any] = this.#kept.values();
    if (any && any.shape[0] !== size) this.#forget();
    const known = this.#kept.get(place);
    if (known) return known;
    const made = await this.#memory.upload({
      data: new Float32Array(size * hiddenSize),
      shape: [size, hiddenSize],
    });
    this.#kept.set(place, made);
    return made;
  }

  #forget(): void {
    for (const tensor of this.#kept.values()) tensor.dispose();
    this.#kept.clear();
  }

  /** What every layer takes crosses the bus once. */
  async #share(feeds: Record<string, Feed>): Promise<Feeds> {
    for (const tensor of this.#shared) tensor.dispose();
    this.#shared = [];
    const shared: Record<string, Feed | ResidentFeed> = {};
    for (const name of sharedFeeds) {
      const feed = feeds[name]!;
      if (this.options.device === 'cpu') {
        shared[name] = feed;
        continue;
      }
      const tensor = await this.#memory.upload(feed);
      this.#shared.push(tensor);
      shared[name] = tensor;
    }
    return shared;
  }

  /** Statistics of the packed tokens, some at a time. */
  async statistics(
    weights: ModelWeights,
    { last, feeds }: LayeredStates,
    packed: number,
  ): Promise<PackedStatistics> {
    const result = { logProbability: new Float32Array(packed), entropy: new Float32Array(packed) };
    for (const part of this.#headParts(packed)) {
      const program = await this.#programs.get(`head ${part.rows}`, () => this.#headGraph(part.rows));
      const found = await program.run({
        ...this.#head.feeds(weights),
        ...this.#headFeeds(last, feeds, part),
      });
      result.logProbability.set((found.logProbability as Float32Array).subarray(0, part.used), part.start);
      result.entropy.set((found.entropy as Float32Array).subarray(0, part.used), part.start);
    }
    return result;
  }

  /**
   * Adds the gradient of a loss to `gradient`, given its gradient by the statistics of the packed tokens.
   * @param by [packed] each; null for an entropy that the loss does not depend on
   */
  async backward(
    weights: ModelWeights,
    chunk: SequenceChunk,
    { states, last, feeds, shared }: LayeredStates,
    by: { logProbability: Float32Array; entropy: Float32Array | null },
    gradient: Float32Array | BlockSums,
  ): Promise<void> {
    const { hiddenSize } = this.config;
    const { shape } = chunk;
    // Tokens of prompts have no logits.
    const byLast = new Float32Array(last.length);
    for (const part of this.#headParts(shape.packed)) {
      const usesEntropy = by.entropy !== null;
      const program = await this.#programs.get(`head back ${part.rows} ${usesEntropy}`, () =>
        this.#headBackGraph(part.rows, usesEntropy),
      );
      const results = await program.run({
        ...this.#head.feeds(weights),
        ...this.#head.sums(gradient),
        ...this.#headFeeds(last, feeds, part),
        byLogProbability: { data: padded(by.logProbability, part, 1), shape: [part.rows] },
        ...(by.entropy && { byEntropy: { data: padded(by.entropy, part, 1), shape: [part.rows] } }),
      });
      byLast.set(
        (results.byHidden as Float32Array).subarray(0, part.used * hiddenSize),
        part.start * hiddenSize,
      );
    }
    const size = chunk.tokens.length;
    const uploaded =
      this.options.device === 'cpu' ? null : await this.#memory.upload(this.#rows(byLast) as Feed);
    let byX: States = uploaded ?? byLast;
    for (const [index, layer] of [...this.#layers.entries()].reverse()) {
      const program = await this.#programs.get(`back ${shapeKey(shape)} ${layer.key}`, () =>
        this.#layerBackGraph(layer, shape),
      );
      const layerFeeds = {
        ...layer.feeds(weights),
        ...layer.sums(gradient),
        ...shared,
        x: this.#rows(states[index]!),
        byY: this.#rows(byX),
      };
      // No launch may read and write the same memory: two take turns.
      byX = await this.#run(program, layerFeeds, 'byX', `gradient ${index % 2}`, size);
    }
    uploaded?.dispose();
    if (!this.#embedding.isTrained) return;
    const program = await this.#programs.get(`embedding back ${size}`, () => this.#embeddingBackGraph(size));
    await program.run({
      ...this.#embedding.feeds(weights),
      ...this.#embedding.sums(gradient),
      tokens: feeds.tokens!,
      byX: this.#rows(byX),
    });
  }

  async release(): Promise<void> {
    await this.#programs.release();
    await this.#memory.release();
  }

  #rows(states: States): Feed | ResidentFeed {
    if (!(states instanceof Float32Array)) return states;
    const { hiddenSize } = this.config;
    return { data: states, shape: [states.length / hiddenSize, hiddenSize] };
  }

  #headParts(packed: number): HeadPart[] {
    const count = Math.ceil(packed / this.headRows);
    const rows = Math.ceil(packed / count);
    return Array.from({ length: count }, (_, index) => {
      const start = index * rows;
      return { start, rows, used: Math.min(rows, packed - start) };
    }).filter(({ used }) => used > 0);
  }

  #headFeeds(hidden: Float32Array, { targets, temperature }: Record<string, Feed>, part: HeadPart): Feeds {
    const { hiddenSize } = this.config;
    const named = new Int32Array(part.rows);
    named.set((targets!.data as Int32Array).subarray(part.start, part.start + part.used));
    return {
      hidden: { data: padded(hidden, part, hiddenSize), shape: [part.rows, hiddenSize] },
      targets: { data: named, shape: [part.rows] },
      temperature: temperature!,
    };
  }

  #embeddingGraph(size: number): GraphBuilder {
    const graph = new GraphBuilder('embedding', this.options.device);
    const { weights } = declareWeights(graph, this.#embedding.blocks, false);
    const tokens = graph.input('tokens', 'int32', [size]);
    graph.output('x', embedding(graph, weights('embedding'), tokens, this.config.padTokenId));
    return graph;
  }

  #embeddingBackGraph(size: number): GraphBuilder {
    const graph = new GraphBuilder('embedding-back', this.options.device);
    const { weights, parameters } = declareWeights(graph, this.#embedding.blocks, true);
    const tokens = graph.input('tokens', 'int32', [size]);
    const x = embedding(graph, weights('embedding'), tokens, this.config.padTokenId);
    this.#embedding.addGradients(
      graph,
      gradients(graph, x, parameters, graph.input('byX', 'float32', x.shape)),
    );
    return graph;
  }

  #layerGraph(layer: WeightPart, shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('layer', this.options.device);
    const { weights } = declareWeights(graph, layer.blocks, false);
    const inputs = declareGroupInputs(graph, this.config, shape);
    const x = graph.input('x', 'float32', [inputs.size, this.config.hiddenSize]);
    graph.output('y', groupLayer(graph, this.config, weights, x, inputs, shape));
    return graph;
  }

  #layerBackGraph(layer: WeightPart, shape: GroupShape): GraphBuilder {
    const graph = new GraphBuilder('layer-back', this.options.device);
    const { weights, parameters } = declareWeights(graph, layer.blocks, true);
    const inputs = declareGroupInputs(graph, this.config, shape);
    const x = graph.input('x', 'float32', [inputs.size, this.config.hiddenSize], true);
    const y = groupLayer(graph, this.config, weights, x, inputs, shape);
    const byY = graph.input('byY', 'float32', y.shape);
    const [byX, ...byWeights] = gradients(graph, y, [x, ...parameters], byY);
    graph.output('byX', byX!);
    layer.addGradients(graph, byWeights);
    return graph;
  }

  #headGraph(rows: number): GraphBuilder {
    const graph = new GraphBuilder('head', this.options.device);
    const { statistics } = this.#declareHead(graph, rows, false);
    graph.output('logProbability', statistics.logProbability);
    graph.output('entropy', statistics.entropy);
    return graph;
  }

  #headBackGraph(rows: number, usesEntropy: boolean): GraphBuilder {
    const graph = new GraphBuilder('head-back', this.options.device);
    const { hidden, parameters, statistics } = this.#declareHead(graph, rows, true);
    const by = (name: string) => graph.input(name, 'float32', [rows]);
    let loss = sum(graph, multiply(graph, statistics.logProbability, by('byLogProbability')));
    if (usesEntropy)
      loss = add(graph, loss, sum(graph, multiply(graph, statistics.entropy, by('byEntropy'))));
    const [byHidden, ...byWeights] = gradients(graph, loss, [hidden, ...parameters]);
    graph.output('byHidden', byHidden!);
    this.#head.addGradients(graph, byWeights);
    return graph;
  }

  #declareHead(graph: GraphBuilder, rows: number, differentiable: boolean) {
    const { weights, parameters } = declareWeights(graph, this.#head.blocks, differentiable);
    const hidden = graph.input('hidden', 'float32', [rows, this.config.hiddenSize], differentiable);
    const normalized = rmsNorm(graph, hidden, weights('finalNorm'), this.config.rmsNormEpsilon);
    const statistics = tokenStatistics(
      graph,
      logits(graph, this.config, weights, normalized),
      graph.input('targets', 'int32', [rows]),
      graph.input('temperature', 'float32', []),
    );
    return { hidden, parameters, statistics };
  }
}

/** Packed tokens from `start` on: `used` of them, and rows of zeros up to the size of the program. */
interface HeadPart {
  start: number;
  rows: number;
  used: number;
}

function padded(values: Float32Array, { start, rows, used }: HeadPart, width: number): Float32Array {
  const taken = values.subarray(start * width, (start + used) * width);
  if (used === rows) return taken;
  const result = new Float32Array(rows * width);
  result.set(taken);
  return result;
}
