/** Sampling on a GPU: the cache and each token stay there, and the end is looked for every few tokens. */
import { DeviceMemory } from './device-memory.js';
import type { DeviceTensor } from './device-tensor.js';
import { concatenate, type Feeds, GraphBuilder } from './graph/index.js';
import {
  type DecodeShape,
  deviceDecodeGraph,
  devicePromptGraph,
  type ModelConfig,
  type ModelWeights,
  type WeightBlock,
  weightFeeds,
} from './model/index.js';
import { ProgramCache, ResidentProgramCache } from './program-cache.js';
import type { RuntimeOptions } from './provider.js';
import type { Rollout, SamplingRequest } from './sampling.js';

/** Tokens between two looks at what was sampled: each look waits for the GPU. */
const tokensBetweenLooks = 8;

/** Lengths are rounded up to this: a graph is compiled, and its launches with it, for each length. */
const lengthStep = 32;

const rounded = (length: number): number => Math.ceil(length / lengthStep) * lengthStep;

/** What one token leaves for the next: read by one run and written by the other, by turns. */
interface Turn {
  active: DeviceTensor;
  sums: DeviceTensor;
}

/** Tensors of one batch of responses. */
interface Batch {
  caches: Record<string, DeviceTensor>;
  turns: readonly [Turn, Turn];
  /** Of the tokens since the last look. */
  tokens: DeviceTensor[];
  logProbabilities: DeviceTensor[];
  /** The prompts' last tokens. */
  first: DeviceTensor;
}

export class DeviceSampler {
  readonly #memory: DeviceMemory;
  readonly #prompts: ResidentProgramCache;
  readonly #steps: ProgramCache;

  constructor(
    private readonly config: ModelConfig,
    private readonly blocks: readonly WeightBlock[],
    private readonly options: RuntimeOptions,
  ) {
    this.#memory = new DeviceMemory(options);
    this.#prompts = new ResidentProgramCache(options);
    this.#steps = new ProgramCache(options);
  }

  async sample(weights: ModelWeights, request: SamplingRequest): Promise<Rollout> {
    const { prompts, samplesPerPrompt, maxNewTokens } = request;
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    const length = rounded(Math.max(longest - 1, 1));
    const shape = {
      prompts: prompts.length,
      samplesPerPrompt,
      capacity: Math.max(length, rounded(longest + maxNewTokens)),
    };
    const feeds = weightFeeds(this.blocks, weights);
    const batch = await this.#begin(feeds, request, shape, length);
    try {
      return await this.#decode(feeds, batch, request, shape);
    } finally {
      const { caches, turns, tokens, logProbabilities, first } = batch;
      const all = [...Object.values(caches), ...turns.flatMap(({ active, sums }) => [active, sums])];
      for (const tensor of [...all, ...tokens, ...logProbabilities, first]) tensor.dispose();
    }
  }

  async #begin(
    feeds: Feeds,
    { prompts, samplesPerPrompt }: SamplingRequest,
    shape: DecodeShape,
    length: number,
  ): Promise<Batch> {
    const rows = prompts.length * samplesPerPrompt;
    const { vocabSize, padTokenId } = this.config;
    const tokens = new Int32Array(prompts.length * length).fill(padTokenId ?? 0);
    for (const [index, prompt] of prompts.entries()) tokens.set(prompt.slice(0, -1), index * length);
    const program = await this.#prompts.get(`${Object.values(shape).join('x')} ${length}`, () =>
      devicePromptGraph(this.config, this.blocks, shape, length),
    );
    const last = Int32Array.from(
      { length: rows },
      (_, row) => prompts[Math.floor(row / samplesPerPrompt)]!.at(-1)!,
    );
    const memory = this.#memory;
    const ring = <Values>(values: () => Promise<Values>) =>
      Promise.all(Array.from({ length: tokensBetweenLooks }, values));
    const turn = async (): Promise<Turn> => ({
      active: await memory.upload({ data: new Float32Array(rows).fill(1), shape: [rows, 1] }),
      sums: await memory.upload({ data: new Float32Array(rows * vocabSize), shape: [rows, vocabSize] }),
    });
    return {
      caches: await program.run({ ...feeds, tokens: { data: tokens, shape: [tokens.length] } }),
      turns: [await turn(), await turn()],
      tokens: await ring(() => memory.upload({ data: last, shape: [rows] })),
      logProbabilities: await ring(() => memory.upload({ data: new Float32Array(rows), shape: [rows] })),
      first: await memory.upload({ data: last, shape: [rows] }),
    };
  }

  async #decode(
    weights: Feeds,
    batch: Batch,
    request: SamplingRequest,
    shape: DecodeShape,
  ): Promise<Rollout> {
    const { prompts, samplesPerPrompt, maxNewTokens } = request;
    const rows = prompts.length * samplesPerPrompt;
    const choice = request.temperature === 0 ? 'greedy' : 'sample';
    const step = await this.#steps.get(`${choice} ${Object.values(shape).join('x')}`, () =>
      deviceDecodeGraph(this.config, this.blocks, shape, choice),
    );
    const written = new WrittenResponses(rows, maxNewTokens, this.config.eosTokenIds);
    const lengths = Int32Array.from(
      { length: rows },
      (_, row) => prompts[Math.floor(row / samplesPerPrompt)]!.length - 1,
    );
    const longest = Math.max(...lengths);
    const temperature = Float32Array.of(request.temperature === 0 ? 1 : request.temperature);
    const uniforms = new Float32Array(rows);
    let token = batch.first;
    let position = 0;
    while (position < maxNewTokens && written.open > 0) {
      const looked = position;
      for (; position < maxNewTokens && position - looked < tokensBetweenLooks; position++) {
        request.fillUniforms(uniforms, position);
        const now = batch.turns[position % 2]!;
        const next = batch.turns[(position + 1) % 2]!;
        const nextToken = batch.tokens[position - looked]!;
        await step.run(
          {
            ...weights,
            ...batch.caches,
            tokens: token,
            lengths: { data: lengths.map((length) => length + position), shape: [rows] },
            total: { data: Int32Array.of(longest + position + 1), shape: [1] },
            temperature: { data: temperature, shape: [] },
            ...(choice === 'sample' && { uniforms: { data: uniforms, shape: [rows] } }),
            active: now.active,
            probabilitySum: now.sums,
          },
          {
            token: nextToken,
            logProbability: batch.logProbabilities[position - looked]!,
            newActive: next.active,
            newProbabilitySum: next.sums,
          },
        );
        token = nextToken;
      }
      const { tokens, logProbabilities } = await this.#look(batch, rows);
      written.append(tokens, logProbabilities, position - looked);
    }
    const sums = await this.#memory.download(batch.turns[position % 2]!.sums);
    return { responses: written.responses(), probabilitySums: sums as Float32Array };
  }

  /** The tokens since the last look and their log-probabilities, [tokensBetweenLooks, rows] each. */
  async #look(batch: Batch, rows: number): Promise<{ tokens: Int32Array; logProbabilities: Float32Array }> {
    const program = await this.#steps.get(`look ${rows}`, () => {
      const graph = new GraphBuilder('look', this.options.device);
      for (const [output, type] of [
        ['tokens', 'int32'],
        ['logProbabilities', 'float32'],
      ] as const) {
        const parts = batch.tokens.map((_, place) => graph.input(`${output}${place}`, type, [rows]));
        graph.output(output, concatenate(graph, parts, 0));
      }
      return graph;
    });
    const named = (name: string, tensors: readonly DeviceTensor[]) =>
      Object.fromEntries(tensors.map((tensor, place) => [`${name}${place}`, tensor]));
    const results = await program.run({
      ...named('tokens', batch.tokens),
      ...named('logProbabilities', batch.logProbabilities),
    });
    return {
      tokens: results.tokens as Int32Array,
      logProbabilities: results.logProbabilities as Float32Array,
    };
  }

  async release(): Promise<void> {
    await this.#prompts.release();
    await this.#steps.release();
    await this.#memory.release();
  }
}

/** Responses of a batch as far as they have been seen. */
class WrittenResponses {
  readonly #tokens: number[][];
  readonly #logProbabilities: Float32Array;
  readonly #finished: Uint8Array;
  /** Responses that have not ended. */
  open: number;

  constructor(
    private readonly rows: number,
    private readonly maxNewTokens: number,
    private readonly ends: readonly number[],
  ) {
    this.#tokens = Array.from({ length: rows }, () => []);
    this.#logProbabilities = new Float32Array(rows * maxNewTokens);
    this.#finished = new Uint8Array(rows);
    this.open = rows;
  }

  /** @param count positions of `tokens` [position, row] that were written */
  append(tokens: Int32Array, logProbabilities: Float32Array, count: number): void {
    for (let position = 0; position < count; position++) {
      for (const [row, own] of this.#tokens.entries()) {
        if (this.#finished[row] === 1) continue;
        const token = tokens[position * this.rows + row]!;
        this.#logProbabilities[row * this.maxNewTokens + own.length] =
          logProbabilities[position * this.rows + row]!;
        own.push(token);
        if (!this.ends.includes(token)) continue;
        this.#finished[row] = 1;
        this.open--;
      }
    }
  }

  responses(): Rollout['responses'] {
    return this.#tokens.map((tokens, row) => {
      const start = row * this.maxNewTokens;
      return {
        tokens,
        logProbabilities: this.#logProbabilities.slice(start, start + tokens.length),
        finished: this.#finished[row] === 1,
      };
    });
  }
}
