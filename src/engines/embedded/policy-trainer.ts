/** One reinforcement learning step: sample, verify, shape, compare with the reference, update. */
import { InputError } from '../../errors.js';
import type { Experiment } from '../../experiment/index.js';
import { idleShaping, lambdaOfStep } from '../../g2rl/index.js';
import { fillUniform, streamOf } from '../../random.js';
import type { RunRewards } from '../../rewards/index.js';
import type { StepRecords } from '../../runs/write/index.js';
import type { TaskPrompt, TrainingTask, Verdict } from '../../tasks/index.js';
import { DeviceMemory } from './device-memory.js';
import type { SentenceEmbedder } from './embeddings/index.js';
import { FeatureProgram } from './features.js';
import { type GradedRollout, gradeRollout, groupRecords, rolloutRecords } from './graded-rollout.js';
import type { Device } from './graph/index.js';
import { Helpers } from './helpers.js';
import { createLearner, type Learner } from './learner.js';
import { LogProbabilities } from './log-probabilities.js';
import { blocksOf, type HostWeights, isAdapted, type Model, type ModelWeights } from './model/index.js';
import type { OptimizerState } from './optimizer.js';
import { type PassPlan, planPasses } from './pass-plan.js';
import { passSettings } from './plan/index.js';
import type { RuntimeOptions } from './provider.js';
import { Sampler } from './rollout.js';
import { sampleInBatches } from './sample-batches.js';
import type { Rollout } from './sampling.js';
import { learningRate } from './schedule.js';
import { scoreRollout } from './score-rollout.js';
import { type Sequence, type SequenceChunk, scatterToGrid } from './sequences.js';
import { lengthMetrics, rewardMetrics, type UpdateTotals, updateMetrics } from './step-metrics.js';

export interface StepResult extends StepRecords {
  /** Response tokens sampled. */
  tokens: number;
  /** Why shaping could not act on the rewards, where it should. */
  idle: ReturnType<typeof idleShaping>;
}

/** Those that multiply rewards. */
const shapingMethods: readonly string[] = ['g2rl', 'dirl'];

const seconds = () => performance.now() / 1000;

export class PolicyTrainer {
  /** Response tokens sampled since the run began. */
  #tokensSoFar: number;

  private constructor(
    private readonly device: Device,
    private readonly experiment: Experiment,
    private readonly policy: Model,
    /** The policy's weights, where graphs compute with them. */
    private readonly learner: Learner,
    /** Weights of the frozen starting policy. */
    private readonly reference: ModelWeights,
    /** Where the reference is. */
    private readonly memory: DeviceMemory,
    private readonly task: TrainingTask,
    /** For methods that compare texts. */
    private readonly embedder: SentenceEmbedder | null,
    /** Null where the judge's reward is the only one. */
    private readonly rewards: RunRewards | null,
    readonly sampler: Sampler,
    private readonly features: FeatureProgram,
    private readonly logProbabilities: LogProbabilities,
    private readonly helpers: Helpers | null,
    tokensSoFar: number,
  ) {
    this.#tokensSoFar = tokensSoFar;
  }

  /**
   * Trains the policy, or its adapters: `state` brings `policy.weights` up to date.
   * @param reference the starting policy: that of a policy with adapters is the policy without them
   */
  static async create(
    experiment: Experiment,
    policy: Model,
    reference: HostWeights,
    task: TrainingTask,
    embedder: SentenceEmbedder | null,
    resumed: { optimizer: OptimizerState; tokens: number } | null,
    options: RuntimeOptions,
    rewards: RunRewards | null = null,
  ): Promise<PolicyTrainer> {
    const { config } = policy;
    const { method, optimization } = experiment;
    const blocks = blocksOf(policy);
    const frozen = isAdapted(policy) ? policy.base.blocks : blocks;
    // A graph of all layers would hold all of their weights as float32 at once.
    const inHalves = blocks.some(({ type }) => type === 'float16');
    const passes = { ...passSettings(experiment), ...(inHalves && { byLayers: true }) };
    const objective = {
      kind: 'policy',
      settings: {
        ...optimization,
        entropyCoefficient: method.name === 'entropy' ? method.entropyCoefficient : 0,
      },
    } as const;
    const memory = new DeviceMemory(options);
    const { weights } = policy;
    const optimizer = resumed?.optimizer ?? null;
    const helpers = Helpers.start({ config, blocks, objective, passes }, policy.weights, options);
    const own = helpers?.options ?? options;
    const learner = await createLearner(
      { config, blocks, weights, objective, passes, optimization, resumed: optimizer, helpers },
      options,
    );
    const placeReference = async () =>
      optimization.klCoefficient === 0 ? reference : memory.place(blocks, reference);
    return new PolicyTrainer(
      options.device,
      experiment,
      policy,
      learner,
      // The base of adapters is there already.
      isAdapted(policy) ? learner.weights : await placeReference(),
      memory,
      task,
      embedder,
      rewards,
      new Sampler(config, blocks, own, helpers),
      await FeatureProgram.create(config, blocks, options),
      new LogProbabilities(config, frozen, own, passes, helpers),
      helpers,
      resumed?.tokens ?? 0,
    );
  }

  /** The policy's weights, where graphs compute with them. */
  get weights(): ModelWeights {
    return this.learner.weights;
  }

  /** What a checkpoint needs besides the policy, whose weights are up to date then. */
  async state(): Promise<OptimizerState & { tokens: number }> {
    return { ...(await this.learner.state()), tokens: this.#tokensSoFar };
  }

  /** Does step `step` (1-based). Everything random in it depends on the seed and the step alone. */
  async step(step: number): Promise<StepResult> {
    const { experiment, policy } = this;
    const { rollout: settings, seed } = experiment;
    const start = seconds();
    const prompts = this.task.promptsForStep(step, settings.promptsPerStep);
    const encoded = prompts.map(({ text }) => policy.tokenizer.encodePrompt(text));
    const rows = prompts.length * settings.groupSize;
    const stream = streamOf('sampling', step);
    const rollout = await sampleInBatches(this.sampler, policy.config, this.learner.weights, {
      prompts: encoded,
      samplesPerPrompt: settings.groupSize,
      maxNewTokens: settings.maxNewTokens,
      temperature: settings.temperature,
      fillUniforms: (target, position) => fillUniform(target, seed, stream, position * rows),
    });
    const texts = rollout.responses.map(({ tokens }) => policy.tokenizer.decode(tokens));
    const sampled = seconds();

    const features = await this.features.compute(this.learner.weights, rollout);
    const featured = seconds();
    const verdicts = await this.#verify(prompts, texts);
    const verified = seconds();
    const components =
      this.rewards && (await scoreRollout(this.rewards, this.task, prompts, texts, verdicts, rollout));
    const scored = seconds();
    const embeddings = this.embedder && (await this.embedder.embed(texts));
    const embedded = seconds();
    const { method, optimization } = experiment;
    const lambda = lambdaOfStep(step, optimization.steps, method);
    const evidence = { features, embeddings, lambda, components };
    const graded = gradeRollout(experiment, prompts, texts, verdicts, evidence);
    const shaped = seconds();

    const sequences = rollout.responses.map(({ tokens }, row) => ({
      prompt: encoded[Math.floor(row / settings.groupSize)]!,
      completion: tokens,
    }));
    const plan = this.#plan(sequences);
    const references = await this.#referenceScores(sequences, plan);
    const referenced = seconds();
    const rate = learningRate(step, optimization);
    const totals = await this.#update(step, rate, rollout, graded, sequences, plan, references);
    const end = seconds();

    const tokens = sequences.reduce((sum, { completion }) => sum + completion.length, 0);
    this.#tokensSoFar += tokens;
    return {
      metrics: {
        step,
        time: Date.now() / 1000,
        ...rewardMetrics(graded),
        ...updateMetrics(totals, rate),
        ...lengthMetrics(rollout),
        num_tokens: this.#tokensSoFar,
        step_time: end - start,
        tokens_per_second: tokens / (end - start),
        'time/rollout': sampled - start,
        'time/reference': referenced - shaped,
        'time/update': end - referenced,
        'time/verifier': verified - featured,
        ...(components && { 'time/rewards': scored - verified }),
        ...(embeddings && { 'time/embedding': embedded - scored }),
        ...(method.name === 'g2rl' && { 'g2rl/lambda': lambda }),
        'g2rl/feature_seconds': shaped - embedded + featured - sampled,
      },
      groups: groupRecords(step, graded, rollout.responses),
      rollouts: rolloutRecords(step, graded, rollout.responses, settings.keep),
      tokens,
      idle:
        lambda > 0 && shapingMethods.includes(method.name)
          ? idleShaping(graded.groups, graded.rewards)
          : null,
    };
  }

  /** Verdicts of all responses, prompt by prompt. */
  async #verify(prompts: readonly TaskPrompt[], texts: readonly string[]): Promise<Verdict[]> {
    const m = texts.length / prompts.length;
    const verdicts: Verdict[] = [];
    for (const [group, prompt] of prompts.entries()) {
      verdicts.push(...(await this.task.verify(prompt, texts.slice(group * m, (group + 1) * m))));
    }
    return verdicts;
  }

  /** Log-probabilities under the frozen reference; null when the KL term is off. */
  async #referenceScores(
    sequences: readonly Sequence[],
    { chunks, hands }: PassPlan,
  ): Promise<Float32Array[] | null> {
    const { optimization, rollout } = this.experiment;
    if (optimization.klCoefficient === 0) return null;
    return this.logProbabilities.score(this.reference, sequences, chunks, rollout.temperature, hands);
  }

  #plan(sequences: readonly Sequence[]): PassPlan {
    const settings = passSettings(this.experiment);
    return planPasses(this.policy.config, sequences, settings, this.device, this.helpers?.shares ?? 1);
  }

  /** All optimizer updates of the step: `epochs` passes over `minibatches` slices of the groups. */
  async #update(
    step: number,
    rate: number,
    rollout: Rollout,
    graded: GradedRollout,
    sequences: readonly Sequence[],
    plan: PassPlan,
    references: Float32Array[] | null,
  ): Promise<UpdateTotals> {
    const { optimization, rollout: settings } = this.experiment;
    const totals: UpdateTotals = {
      updates: 0,
      loss: 0,
      gradientNorm: 0,
      tokens: 0,
      kl: 0,
      entropy: 0,
      clippedLow: 0,
      clippedHigh: 0,
    };
    const groupsPerUpdate = settings.promptsPerStep / optimization.minibatches;
    const rowsPerUpdate = groupsPerUpdate * settings.groupSize;
    for (let epoch = 0; epoch < optimization.epochs; epoch++) {
      for (let first = 0; first < sequences.length; first += rowsPerUpdate) {
        const slice = <Item>(items: readonly Item[]) => items.slice(first, first + rowsPerUpdate);
        const part = slice(sequences);
        await this.#updateOnce(
          {
            sequences: part,
            plan: part.length === sequences.length ? plan : this.#plan(part),
            old: slice(rollout.responses.map((response) => response.logProbabilities)),
            references: references && slice(references),
            advantages: graded.advantages.subarray(first, first + rowsPerUpdate),
          },
          rate,
          totals,
        );
      }
    }
    if (!Number.isFinite(totals.loss) || !Number.isFinite(totals.gradientNorm)) {
      throw new InputError(
        `Step ${step}: the loss is ${totals.loss} and the gradient norm ${totals.gradientNorm}.`,
        "Start a new run with a lower optimization.learningRate, or lower it in the run's run.json and resume the run.",
      );
    }
    return totals;
  }

  async #updateOnce(
    batch: {
      sequences: readonly Sequence[];
      plan: PassPlan;
      old: readonly Float32Array[];
      references: readonly Float32Array[] | null;
      advantages: Float64Array;
    },
    rate: number,
    totals: UpdateTotals,
  ): Promise<void> {
    const { sequences, plan, old, references, advantages } = batch;
    const { method, optimization, rollout } = this.experiment;
    const tokens = sequences.reduce((sum, { completion }) => sum + completion.length, 0);
    const tokenWeight = (sequence: number) =>
      optimization.lossNormalization === 'token'
        ? 1 / tokens
        : 1 / (sequences[sequence]!.completion.length * sequences.length);
    const grids = (chunk: SequenceChunk): Record<string, Float32Array> => ({
      mask: chunk.mask,
      weights: scatterToGrid(chunk, sequences, tokenWeight),
      advantages: scatterToGrid(chunk, sequences, (sequence) => advantages[sequence]!),
      oldLogProbabilities: scatterToGrid(chunk, sequences, (sequence, token) => old[sequence]![token]!),
      ...(references && {
        referenceLogProbabilities: scatterToGrid(
          chunk,
          sequences,
          (sequence, token) => references[sequence]![token]!,
        ),
      }),
      ...(method.name === 'entropy' && {
        entropyWeights: scatterToGrid(chunk, sequences, () => 1 / tokens),
      }),
      ...(optimization.importanceSamplingLevel === 'sequence' && {
        sequenceWeights: scatterToGrid(
          chunk,
          sequences,
          (sequence) => 1 / sequences[sequence]!.completion.length,
        ),
      }),
    });
    const passes = plan.chunks.map((chunk) => ({ chunk, grids: grids(chunk) }));
    for (const sums of await this.learner.gradient(passes, plan.hands, rollout.temperature)) {
      for (const name of ['loss', 'kl', 'entropy', 'clippedLow', 'clippedHigh'] as const) {
        totals[name] += sums[name]!;
      }
    }
    totals.gradientNorm += await this.learner.update(rate);
    totals.tokens += tokens;
    totals.updates++;
  }

  async release(): Promise<void> {
    await this.sampler.release();
    await this.features.release();
    await this.logProbabilities.release();
    await this.learner.release();
    await this.helpers?.release();
    await this.memory.release();
  }
}
