/** What a thread computes of a step: samples, log-probabilities and gradients of a share of the responses. */
import { GradientAccumulator } from './gradient.js';
import { LogProbabilities } from './log-probabilities.js';
import type { RuntimeOptions } from './provider.js';
import { Sampler } from './rollout.js';
import type { Rollout } from './sampling.js';
import type { SharedRequest, ShareJob, ShareKind, ShareSettings, ShareWork } from './share-protocol.js';

export class Share {
  readonly #sampler: Sampler;
  readonly #scorer: LogProbabilities;
  readonly #accumulator: GradientAccumulator | null;

  /** @param weights all that its jobs compute with */
  constructor(
    { config, blocks, objective, passes }: ShareSettings,
    options: RuntimeOptions,
    private readonly weights: Float32Array,
  ) {
    this.#sampler = new Sampler(config, blocks, options);
    this.#scorer = new LogProbabilities(config, blocks, options, passes);
    this.#accumulator = objective && new GradientAccumulator(config, blocks, objective, options, passes);
  }

  work(job: ShareJob): Promise<ShareWork[ShareKind]['result']> {
    switch (job.kind) {
      case 'sample':
        return this.#sample(job.request);
      case 'score':
        return this.#scorer.ofChunks(this.weights, job.chunks, job.temperature);
      case 'gradient':
        return this.#trained.replace(this.weights, job.passes, job.temperature);
    }
  }

  #sample({ uniforms, ...request }: SharedRequest): Promise<Rollout> {
    return this.#sampler.sample(this.weights, {
      ...request,
      fillUniforms: (target, position) => {
        target.set(uniforms.subarray(position * target.length, (position + 1) * target.length));
      },
    });
  }

  get #trained(): GradientAccumulator {
    if (!this.#accumulator) throw new Error('This share has nothing to train.');
    return this.#accumulator;
  }

  /** That of the last gradient job. */
  get gradient(): Float32Array {
    return this.#trained.gradient;
  }

  async release(): Promise<void> {
    await this.#sampler.release();
    await this.#scorer.release();
    await this.#accumulator?.release();
  }
}
