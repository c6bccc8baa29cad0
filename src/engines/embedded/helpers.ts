/** Threads that compute shares of a step beside the one that asks them. */
import { Worker } from 'node:worker_threads';
import type { GradientPass, PassSums } from './gradient.js';
import type { HostWeights } from './model/index.js';
import { shareCount } from './plan/index.js';
import type { RuntimeOptions } from './provider.js';
import type { Rollout, SamplingRequest } from './sampling.js';
import { equalParts, JoinedRollout } from './sampling-parts.js';
import type { SequenceChunk } from './sequences.js';
import {
  type ShareData,
  type ShareJob,
  type ShareKind,
  type ShareMessage,
  type ShareReply,
  type ShareSettings,
  type ShareWork,
  sharedRequest,
} from './share-protocol.js';

const sharedArray = (size: number) => new Float32Array(new SharedArrayBuffer(4 * size));

/** One of the threads: does one job at a time. */
class Helper {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  /** Why it does no more jobs. */
  #failure: unknown = null;
  #waiting: { finish(result: unknown): void; fail(reason: unknown): void } | null = null;

  constructor(
    program: string,
    private readonly data: ShareData,
  ) {
    this.#worker = new Worker(program, { workerData: data });
    this.#worker.on('message', (reply: ShareReply) => {
      if ('error' in reply) this.#waiting?.fail(reply.error);
      else this.#waiting?.finish(reply.result);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#ended = new Promise((ended) => {
      this.#worker.on('exit', (code) => {
        this.#fail(new Error(`A thread of the engine ended unexpectedly with code ${code}.`));
        ended();
      });
    });
    // A thread that waits for work does not hold the process.
    this.#worker.unref();
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#waiting?.fail(this.#failure);
  }

  get gradient(): Float32Array {
    return this.data.gradient;
  }

  async ask(job: ShareJob): Promise<unknown> {
    this.#worker.ref();
    try {
      return await new Promise((finish, fail) => {
        this.#waiting = { finish, fail };
        if (this.#failure !== null) fail(this.#failure);
        else this.#worker.postMessage(job satisfies ShareMessage);
      });
    } finally {
      this.#waiting = null;
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.#worker.ref();
    if (this.#failure === null) this.#worker.postMessage('end' satisfies ShareMessage);
    await this.#ended;
  }
}

/**
 * The matrix products of a small policy are too small for several threads: each does better with responses of its own.
 * What is computed depends on the number of shares, not on which of them is ready first.
 */
export class Helpers {
  readonly #threads: Helper[];
  readonly #weights: Float32Array;

  private constructor(
    program: string,
    settings: ShareSettings,
    /** Of each share, also that of the thread that asks. */
    readonly options: RuntimeOptions,
    /** With that of the thread that asks. */
    readonly shares: number,
  ) {
    const size = settings.blocks.reduce((total, block) => total + block.size, 0);
    this.#weights = sharedArray(size);
    this.#threads = Array.from({ length: shares - 1 }, () => {
      const gradient = sharedArray(settings.objective ? size : 0);
      return new Helper(program, { settings, options, weights: this.#weights, gradient });
    });
  }

  /** Starts the threads; null where all do better together. */
  static start(settings: ShareSettings, weights: HostWeights, options: RuntimeOptions): Helpers | null {
    const { helper, device, threads } = options;
    if (helper === undefined || device !== 'cpu' || !(weights instanceof Float32Array)) return null;
    const shares = shareCount(weights.length, threads);
    if (shares === 1) return null;
    return new Helpers(helper, settings, { device, threads: Math.floor(threads / shares) }, shares);
  }

  /** @param own samples a part in this thread */
  async sample(
    weights: Float32Array,
    request: SamplingRequest,
    vocabSize: number,
    own: (request: SamplingRequest) => Promise<Rollout>,
  ): Promise<Rollout> {
    const joined = new JoinedRollout(request, vocabSize);
    const parts = equalParts(request.prompts.length, request.samplesPerPrompt, this.shares);
    const [first, ...others] = parts.map((part) => joined.requestOf(part));
    const inputs = others.map((part) => ({ request: sharedRequest(part) }));
    const rollouts = await this.#work('sample', weights, () => own(first!), inputs);
    for (const [index, part] of parts.entries()) joined.put(part, rollouts[index]!);
    return joined;
  }

  /**
   * Log-probabilities of the packed tokens of each chunk.
   * @param hands the chunks of each share
   * @param own scores chunks in this thread
   */
  async score(
    weights: Float32Array,
    chunks: readonly SequenceChunk[],
    hands: readonly (readonly number[])[],
    temperature: number,
    own: (chunks: readonly SequenceChunk[]) => Promise<Float32Array[]>,
  ): Promise<Float32Array[]> {
    const [first, ...others] = hands.map((hand) => hand.map((index) => chunks[index]!));
    const inputs = others.map((part) => ({ chunks: part, temperature }));
    const scores = await this.#work('score', weights, () => own(first!), inputs);
    return inOrder(hands, scores);
  }

  /**
   * Adds the gradients of the others' passes to `sum`, that of this thread, in the order of the shares.
   * @returns the sums of each pass
   */
  async gradient(
    weights: Float32Array,
    passes: readonly GradientPass[],
    hands: readonly (readonly number[])[],
    temperature: number,
    own: (passes: readonly GradientPass[]) => Promise<PassSums[]>,
    sum: Float32Array,
  ): Promise<PassSums[]> {
    const [first, ...others] = hands.map((hand) => hand.map((index) => passes[index]!));
    const inputs = others.map((part) => ({ passes: part, temperature }));
    const sums = await this.#work('gradient', weights, () => own(first!), inputs);
    for (const { gradient } of this.#threads.slice(0, others.length)) {
      for (let index = 0; index < sum.length; index++) sum[index]! += gradient[index]!;
    }
    return inOrder(hands, sums);
  }

  /** The result of this thread, then those of the others. */
  async #work<Kind extends ShareKind>(
    kind: Kind,
    weights: Float32Array,
    own: () => Promise<ShareWork[Kind]['result']>,
    others: readonly ShareWork[Kind]['input'][],
  ): Promise<ShareWork[Kind]['result'][]> {
    this.#weights.set(weights);
    const asked = others.map((input, index) => this.#threads[index]!.ask({ kind, ...input } as ShareJob));
    // Nobody goes on, or ends the process, while another one computes.
    const settled = await Promise.allSettled([own(), ...asked]);
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value as ShareWork[Kind]['result'];
    });
  }

  async release(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

/** What was dealt out, put in the order that it had before. */
function inOrder<Item>(hands: readonly (readonly number[])[], dealt: readonly (readonly Item[])[]): Item[] {
  const items: Item[] = [];
  for (const [hand, indices] of hands.entries()) {
    for (const [place, index] of indices.entries()) items[index] = dealt[hand]![place]!;
  }
  return items;
}
