/** Sampling responses: prompts in one pass, then one token of the whole batch at a time. */
import { InputError } from '../../errors.js';
import { DeviceSampler } from './device-sampler.js';
import {
  type Feeds,
  GraphBuilder,
  hiddenScore,
  reshape,
  rotaryRows,
  rotaryTables,
  transpose,
} from './graph/index.js';
import type { Helpers } from './helpers.js';
import {
  type Choice,
  declareWeights,
  decoder,
  decodeStepGraph,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { ProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import type { Rollout, SamplingRequest } from './sampling.js';
import { roundedLength } from './sequences.js';

/** Keys and values of the positions so far, the position first: [positions, rows·kvHeads, headDim] per layer. */
interface Cache {
  keys: Float32Array[];
  values: Float32Array[];
  /** [positions, rows·kvHeads] added to the scores. */
  bias: Float32Array;
  length: number;
}

/** The responses that a decode step computes: all at first, then only those that are still being written. */
interface Lanes {
  /** Which response each lane writes. */
  rows: Int32Array;
  tokens: Int32Array<ArrayBuffer>;
  /** 1 while the response is being written. */
  active: Float32Array<ArrayBuffer>;
  /** [lanes, vocabSize] */
  sums: Float32Array<ArrayBuffer>;
  cache: Cache;
}

/** Share of lanes still being written below which copying the cache costs less than computing the others. */
const worthNarrowing = 0.5;

/** Without the lanes whose responses have ended. The cache is closed up in its place. */
function narrowed({ rows, tokens, active, sums, cache }: Lanes, config: ModelConfig): Lanes {
  const { kvHeads, headDim, vocabSize } = config;
  const kept = [...rows.keys()].filter((lane) => active[lane] === 1);
  const close = <Values extends Float32Array | Int32Array>(values: Values, width: number, blocks: number) => {
    for (let block = 0; block < blocks; block++) {
      for (const [lane, from] of kept.entries()) {
        const start = (block * rows.length + from) * width;
        values.copyWithin((block * kept.length + lane) * width, start, start + width);
      }
    }
    return values;
  };
  for (const layer of [...cache.keys, ...cache.values]) close(layer, kvHeads * headDim, cache.length);
  // Tokens to come are seen by all.
  close(cache.bias, kvHeads, cache.length).fill(0, cache.length * kept.length * kvHeads);
  return {
    rows: close(rows, 1, 1).subarray(0, kept.length),
    tokens: close(tokens, 1, 1).subarray(0, kept.length),
    active: new Float32Array(kept.length).fill(1),
    sums: close(sums, vocabSize, 1).subarray(0, kept.length * vocabSize),
    cache,
  };
}

function picked(values: Float32Array, places: Int32Array): Float32Array {
  const result = new Float32Array(places.length);
  for (let index = 0; index < places.length; index++) result[index] = values[places[index]!]!;
  return result;
}

export class Sampler {
  readonly #programs: ProgramCache;
  /** Samples in its place on a GPU. */
  readonly #device: DeviceSampler | null;
  readonly #rotary: { cosines: Float32Array; sines: Float32Array };

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    options: RuntimeOptions,
    /** Sample a share each. */
    private readonly helpers: Helpers | null = null,
  ) {
    this.#device = options.device === 'webgpu' ? new DeviceSampler(config, blocks, options) : null;
    this.#programs = new ProgramCache(options);
    this.#rotary = rotaryTables(config.maxPositions, config.headDim, config.ropeTheta);
  }

  async sample(weights: ModelWeights, request: SamplingRequest): Promise<Rollout> {
    this.#check(request);
    if (this.#device) return this.#device.sample(weights, request);
    return this.helpers && weights instanceof Float32Array
      ? this.helpers.sample(weights, request, this.config.vocabSize, (part) => this.#sample(weights, part))
      : this.#sample(weights, request);
  }

  async #sample(weights: ModelWeights, request: SamplingRequest): Promise<Rollout> {
    const { prompts, samplesPerPrompt, maxNewTokens } = request;
    const feeds = weightFeeds(this.blocks, weights);
    const cache = await this.#readPrompts(feeds, prompts, samplesPerPrompt, maxNewTokens);
    return this.#decode(feeds, cache, request);
  }

  #check({ prompts, maxNewTokens }: SamplingRequest): void {
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    if (prompts.some((prompt) => prompt.length === 0)) throw new Error('A prompt has no tokens.');
    if (longest + maxNewTokens > this.config.maxPositions) {
      throw new InputError(
        `A prompt of ${longest} tokens and ${maxNewTokens} new ones exceed the policy's ${this.config.maxPositions} positions (config.json: max_position_embeddings).`,
        'Lower rollout.maxNewTokens, or that of the benchmark.',
      );
    }
  }

  #promptGraph(batch: number, length: number): GraphBuilder {
    const graph = new GraphBuilder('prompts');
    const { layers, kvHeads, headDim } = this.config;
    const { weights } = declareWeights(graph, this.blocks, false);
    const tokens = graph.input('tokens', 'int32', [batch * length]);
    const result = decoder(graph, this.config, weights, tokens, batch, length);
    for (let layer = 0; layer < layers; layer++) {
      for (const [name, cache] of [
        ['keys', result.keys[layer]!],
        ['values', result.values[layer]!],
      ] as const) {
        const positionFirst = transpose(graph, cache, [1, 0, 2]);
        graph.output(`${name}${layer}`, reshape(graph, positionFirst, [length, batch, kvHeads * headDim]));
      }
    }
    return graph;
  }

  /**
   * One pass over the distinct prompts, all tokens but the last (which decoding starts from), copied to every
   * sample's row. Where a prompt is shorter than the longest its positions are hidden by the bias.
   */
  async #readPrompts(
    feeds: Feeds,
    prompts: readonly (readonly number[])[],
    samples: number,
    maxNewTokens: number,
  ): Promise<Cache> {
    const { layers, kvHeads, headDim, padTokenId } = this.config;
    const rows = prompts.length * samples;
    const width = kvHeads * headDim;
    const longest = Math.max(...prompts.map((prompt) => prompt.length - 1), 1);
    const length = roundedLength(longest);
    const tokens = new Int32Array(prompts.length * length).fill(padTokenId ?? 0);
    prompts.forEach((prompt, row) => {
      tokens.set(prompt.slice(0, -1), row * length);
    });
    const program = await this.#programs.get(`prompts ${prompts.length}x${length}`, () =>
      this.#promptGraph(prompts.length, length),
    );
    const results = await program.run({
      ...feeds,
      tokens: { data: tokens, shape: [prompts.length * length] },
    });

    const capacity = longest + maxNewTokens;
    const spread = (source: Float32Array): Float32Array => {
      const target = new Float32Array(capacity * rows * width);
      for (let position = 0; position < longest; position++) {
        for (let prompt = 0; prompt < prompts.length; prompt++) {
          const from = (position * prompts.length + prompt) * width;
          const entry = source.subarray(from, from + width);
          const to = (position * rows + prompt * samples) * width;
          for (let sample = 0; sample < samples; sample++) target.set(entry, to + sample * width);
        }
      }
      return target;
    };
    const perLayer = (name: string) =>
      Array.from({ length: layers }, (_, layer) => spread(results[`${name}${layer}`] as Float32Array));

    const bias = new Float32Array(capacity * rows * kvHeads);
    prompts.forEach((prompt, index) => {
      for (let position = prompt.length - 1; position < longest; position++) {
        const start = (position * rows + index * samples) * kvHeads;
        bias.fill(hiddenScore, start, start + samples * kvHeads);
      }
    });
    return { keys: perLayer('keys'), values: perLayer('values'), bias, length: longest };
  }

  async #decode(weights: Feeds, read: Cache, request: SamplingRequest): Promise<Rollout> {
    const { prompts, samplesPerPrompt, maxNewTokens } = request;
    const { layers, kvHeads, headDim, vocabSize, eosTokenIds } = this.config;
    const rows = prompts.length * samplesPerPrompt;
    const choice: Choice = request.temperature === 0 ? 'greedy' : 'sample';
    const program = await this.#programs.get(choice, () => decodeStepGraph(this.config, this.blocks, choice));

    const promptOf = (row: number) => prompts[Math.floor(row / samplesPerPrompt)]!;
    const probabilitySums = new Float32Array(rows * vocabSize);
    const sampled: number[][] = Array.from({ length: rows }, () => []);
    const logProbabilities = new Float32Array(rows * maxNewTokens);
    const finished = new Uint8Array(rows);
    const uniforms = new Float32Array(rows);
    const temperature = Float32Array.of(request.temperature === 0 ? 1 : request.temperature);
    let lanes: Lanes = {
      rows: Int32Array.from({ length: rows }, (_, row) => row),
      tokens: Int32Array.from({ length: rows }, (_, row) => promptOf(row).at(-1)!),
      active: new Float32Array(rows).fill(1),
      sums: new Float32Array(rows * vocabSize),
      cache: read,
    };
    const keepSums = ({ rows: places, sums }: Lanes) => {
      for (const [lane, row] of places.entries()) {
        probabilitySums.set(sums.subarray(lane * vocabSize, (lane + 1) * vocabSize), row * vocabSize);
      }
    };
    let writing = rows;

    for (let position = 0; position < maxNewTokens && writing > 0; position++) {
      if (writing <= lanes.rows.length * worthNarrowing) {
        keepSums(lanes);
        lanes = narrowed(lanes, this.config);
      }
      const { rows: places, active, cache } = lanes;
      const count = places.length;
      const keyRows = count * kvHeads;
      request.fillUniforms(uniforms, position);
      const feeds: Feeds = {
        ...weights,
        ...rotaryRows(
          this.#rotary,
          headDim,
          places.map((row) => promptOf(row).length - 1 + position),
        ),
        tokens: { data: lanes.tokens, shape: [count] },
        bias: { data: cache.bias.subarray(0, cache.length * keyRows), shape: [cache.length, keyRows] },
        temperature: { data: temperature, shape: [] },
        uniforms: { data: picked(uniforms, places), shape: [count] },
        active: { data: active, shape: [count, 1] },
        probabilitySum: { data: lanes.sums, shape: [count, vocabSize] },
      };
      const shape = [cache.length, keyRows, headDim];
      const used = cache.length * keyRows * headDim;
      for (let layer = 0; layer < layers; layer++) {
        feeds[`keys${layer}`] = { data: cache.keys[layer]!.subarray(0, used), shape };
        feeds[`values${layer}`] = { data: cache.values[layer]!.subarray(0, used), shape };
      }
      const results = await program.run(feeds);
      for (let layer = 0; layer < layers; layer++) {
        cache.keys[layer]!.set(results[`newKeys${layer}`] as Float32Array, used);
        cache.values[layer]!.set(results[`newValues${layer}`] as Float32Array, used);
      }
      cache.length++;
      const tokens = results.token as Int32Array<ArrayBuffer>;
      lanes.tokens = tokens;
      lanes.sums = results.newProbabilitySum as Float32Array<ArrayBuffer>;
      const stepLogProbabilities = results.logProbability as Float32Array;
      for (let lane = 0; lane < count; lane++) {
        if (active[lane] === 0) continue;
        const row = places[lane]!;
        sampled[row]!.push(tokens[lane]!);
        logProbabilities[row * maxNewTokens + position] = stepLogProbabilities[lane]!;
        if (eosTokenIds.includes(tokens[lane]!)) {
          finished[row] = 1;
          active[lane] = 0;
          writing--;
        }
      }
    }
    keepSums(lanes);
    const responses = sampled.map((row, index) => ({
      tokens: row,
      logProbabilities: logProbabilities.slice(index * maxNewTokens, index * maxNewTokens + row.length),
      finished: finished[index] === 1,
    }));
    return { responses, probabilitySums };
  }

  async release(): Promise<void> {
    await this.#device?.release();
    await this.#programs.release();
  }
}
