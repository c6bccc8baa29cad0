/** A training run from its run directory: starts or resumes it, and writes everything but `status.json`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../errors.js';
import type { BenchmarkRequest, Experiment } from '../../experiment/index.js';
import { type LoadingHooks, LoadingStopped } from '../../hub/index.js';
import { RunRewards } from '../../rewards/index.js';
import type { StepMetrics } from '../../runs/metrics/index.js';
import {
  type BenchmarkRecord,
  evaluationFile,
  policyChecksum,
  RUN_SCHEMA_VERSION,
  type RunManifest,
  runFiles,
} from '../../runs/protocol/index.js';
import { EvaluationWriter, RunWriter } from '../../runs/write/index.js';
import type { EvaluationTask } from '../../tasks/index.js';
import { EventWriter } from '../../tensorboard/index.js';
import type { DeviceHooks, Progress, RunToTrain } from '../contract/index.js';
import { describeMemory } from '../memory/index.js';
import { type Embedders, loadEmbedders } from './embedders.js';
import { encodePrompt } from './encode-prompt.js';
import { evaluatePolicy, evaluationHeader } from './evaluate.js';
import { loadEvaluationTask } from './evaluation-task.js';
import { findPolicy } from './find-policy.js';
import {
  type KnownCheckpoints,
  type Model,
  newestCheckpoint,
  pruneCheckpoints,
  writeCheckpoint,
} from './model/index.js';
import { memoryOf } from './plan/index.js';
import { PolicyTrainer } from './policy-trainer.js';
import type { RuntimeOptions } from './provider.js';
import { RunDevice } from './run-device.js';
import { openStartingPolicy } from './starting-policy.js';
import { trainingTask } from './training-task.js';

/** A stop is asked for between steps and between batches of an evaluation. */
export interface TrainingHooks extends LoadingHooks, DeviceHooks {
  onProgress(progress: Progress): void;
}

/** Weight of the newest step in the running mean of seconds per step. */
const rateSmoothing = 0.2;

/** Said once in a run. */
const idleTexts = {
  none: 'shaping cannot act, for no response has a reward: each is left out, and nothing is learned from a step like this one. Give null only to responses that a reward says nothing about.',
  zero: 'shaping cannot act, for each reward is 0, and 0 times a factor is 0. Give wrong answers -1 instead of 0, or nothing is learned from a step like this one.',
  clipped:
    'shaping cannot act, for method.clip cuts each shaped reward. Set it to 2 or more, and it cuts none.',
};
/** Of a step what is a curve. */
const scalarsOf = ({ step: _step, time: _time, ...scalars }: StepMetrics): Record<string, number> =>
  Object.fromEntries(
    Object.entries(scalars).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const benchmarkKey = ({ step, benchmark }: Pick<BenchmarkRecord, 'step' | 'benchmark'>) =>
  `${step} ${benchmark}`;

class TrainingRun {
  readonly #tasks = new Map<string, EvaluationTask>();
  #secondsPerStep: number | null = null;
  #isToldOfIdleShaping = false;

  constructor(
    private readonly writer: RunWriter,
    private readonly manifest: RunManifest,
    private readonly policy: Model,
    /** SHA-256 of the starting policy. */
    private readonly checksum: string,
    private readonly trainer: PolicyTrainer,
    private readonly embedders: Embedders,
    private readonly options: RuntimeOptions,
    /** Keys of the benchmarks that are scored already. */
    private readonly scored: Set<string>,
    private readonly known: KnownCheckpoints,
    /** Where TensorBoard gets the metrics from; null where nobody asked for that. */
    private readonly events: EventWriter | null,
    private readonly hooks: TrainingHooks,
  ) {}

  get #experiment(): Experiment {
    return this.manifest.experiment;
  }

  /** Continues after step `step`; returns how it ended. */
  async continueFrom(step: number, checkpointStep: number | null): Promise<'finished' | 'stopped'> {
    const { steps } = this.#experiment.optimization;
    const { every } = this.#experiment.checkpoints;
    let saved = checkpointStep;
    let done = step;
    if (!(await this.#evaluateIfDue(done))) return this.#stopAt(done, saved);
    while (done < steps) {
      if (this.hooks.stopRequested()) return this.#stopAt(done, saved);
      this.hooks.onProgress({ state: 'running', step: done });
      done++;
      await this.#train(done);
      if (done % every === 0 || done === steps) saved = await this.#save(done);
      if (!(await this.#evaluateIfDue(done))) return this.#stopAt(done, saved);
    }
    return 'finished';
  }

  async #train(step: number): Promise<void> {
    const records = await this.trainer.step(step);
    this.writer.writeStep(records);
    if (records.idle && !this.#isToldOfIdleShaping) {
      this.hooks.log(`warning: step ${step}: ${idleTexts[records.idle]}`);
      this.#isToldOfIdleShaping = true;
    }
    const { metrics } = records;
    this.events?.write(step, metrics.time, scalarsOf(metrics));
    const previous = this.#secondsPerStep ?? metrics.step_time;
    this.#secondsPerStep = previous + rateSmoothing * (metrics.step_time - previous);
    this.hooks.onProgress({ step, tokens: metrics.num_tokens, secondsPerStep: this.#secondsPerStep });
    const [reward, similarity, time] = [metrics.reward, metrics['g2rl/similarity_mean'], metrics.step_time];
    this.hooks.log(
      `step ${step} reward ${reward.toFixed(3)} accuracy ${metrics['rewards/accuracy'].toFixed(3)} similarity ${similarity.toFixed(3)} ${time.toFixed(2)} s`,
    );
  }

  async #save(step: number): Promise<number> {
    const { firstMoment, secondMoment, updates, tokens } = await this.trainer.state();
    const folder = writeCheckpoint(this.writer.directory, {
      policy: this.policy,
      firstMoment,
      secondMoment,
      state: {
        schema: RUN_SCHEMA_VERSION,
        step,
        optimizerSteps: updates,
        tokens,
        policyChecksum: this.checksum,
      },
    });
    this.known.set(folder, true);
    pruneCheckpoints(this.writer.directory, this.#experiment.checkpoints.keep, this.known);
    this.hooks.onProgress({ checkpointStep: step });
    return step;
  }

  async #stopAt(step: number, saved: number | null): Promise<'stopped'> {
    this.hooks.onProgress({ state: 'stopping', evaluation: null });
    if (step > 0 && saved !== step) await this.#save(step);
    return 'stopped';
  }

  /** Loaded once: later evaluations ask the same problems. */
  async #evaluationTask(request: BenchmarkRequest): Promise<EvaluationTask> {
    const known = this.#tasks.get(request.name);
    if (known) return known;
    const task = await loadEvaluationTask(request, this.policy.tokenizer, this.hooks);
    this.#tasks.set(request.name, task);
    return task;
  }

  async dispose(): Promise<void> {
    for (const task of this.#tasks.values()) await task.dispose();
  }

  /** Scores the benchmarks that are due at this step and not yet scored. False when asked to stop meanwhile. */
  async #evaluateIfDue(step: number): Promise<boolean> {
    const { evaluation, optimization, rollout } = this.#experiment;
    const periodic = evaluation.every > 0 && step % evaluation.every === 0;
    if (step !== 0 && step !== optimization.steps && !periodic) return true;
    if (evaluation.benchmarks.length > 0) await this.trainer.state();
    for (const request of evaluation.benchmarks) {
      const { name: benchmark, samples, temperature, seed } = request;
      const key = benchmarkKey({ step, benchmark });
      if (this.scored.has(key)) continue;
      const task = await this.#evaluationTask(request);
      const maxNewTokens = request.maxNewTokens ?? rollout.maxNewTokens;
      const { evaluation: embedder } = this.embedders;
      const settings = { samples, temperature, seed, maxNewTokens, step, embedder };
      const file = evaluationFile(step, benchmark);
      const header = evaluationHeader(this.policy, task, settings);
      const kept = await EvaluationWriter.open(join(this.writer.directory, file), header);
      const record = await evaluatePolicy(
        this.policy,
        this.trainer.sampler,
        task,
        settings,
        kept,
        this.options,
        (done, total) => {
          this.hooks.onProgress({ state: 'evaluating', step, evaluation: { benchmark, done, total } });
          return !this.hooks.stopRequested();
        },
        this.trainer.weights,
      );
      this.hooks.onProgress({ evaluation: null });
      if (!record) return false;
      this.writer.appendBenchmark({ ...record, samples_file: file });
      this.scored.add(key);
      this.hooks.log(
        `step ${step} ${benchmark} pass@1 ${record.pass_at_1.toFixed(3)} pass@${record.k} ${record.pass_at_k.toFixed(3)}`,
      );
    }
    return true;
  }
}

/**
 * Runs or resumes a run, from its newest whole checkpoint if there is one, and continues as if it
 * had never been interrupted: all randomness depends on the seed and the step alone.
 * @param rewardGuard `reward-guard.cjs`
 * @throws InputError, RunFileError
 */
export async function trainRun(
  run: RunToTrain,
  hooks: TrainingHooks,
  rewardGuard: string,
): Promise<'finished' | 'stopped'> {
  const device = new RunDevice(run, hooks);
  const { rewards: settings } = run.manifest.experiment;
  let rewards: RunRewards | null = null;
  try {
    rewards = settings ? await RunRewards.start(settings, rewardPlace(run, hooks, rewardGuard)) : null;
    return await trainOrResume(run, hooks, device, rewards);
  } catch (error) {
    // Nothing was done since the newest checkpoint.
    if (error instanceof LoadingStopped) return 'stopped';
    throw device.explain(error);
  } finally {
    await rewards?.close();
  }
}

/** Programs run beside the experiment file, whose relative names they may read; without it, in the run folder. */
function rewardPlace(
  { directory, manifest: { experimentFile }, python }: RunToTrain,
  { log }: TrainingHooks,
  guard: string,
) {
  const beside = experimentFile === null ? directory : dirname(experimentFile);
  return { folder: existsSync(beside) ? beside : directory, guard, python, log };
}

/** Days of training may be lost: starting again is for a person to decide. */
function allDamaged(directory: string, skipped: readonly { reason: string }[]): InputError {
  const which = skipped.length === 1 ? 'The only checkpoint' : `Each of the ${skipped.length} checkpoints`;
  const folder = join(directory, runFiles.checkpoints);
  return new InputError(
    `${which} of this run is damaged. ${skipped[0]?.reason}`,
    `Restore one from a backup; or delete ${folder}, and the run starts again from its first step when it is resumed.`,
  );
}

function policyChanged(policy: string): InputError {
  return new InputError(
    `${policy}: the starting policy has changed since this run began; it is also the reference of its KL term.`,
    'Restore the old files, or start a new run.',
  );
}

async function trainOrResume(
  { directory, manifest }: RunToTrain,
  hooks: TrainingHooks,
  device: RunDevice,
  rewards: RunRewards | null,
): Promise<'finished' | 'stopped'> {
  const { experiment } = manifest;
  const writer = new RunWriter(directory);
  writer.repairTails();

  const folder = await findPolicy(experiment.policy, 'policy', hooks);
  const readStart = openStartingPolicy(experiment, folder);
  const checksum = await policyChecksum(folder);
  // Of a model of the hub the manifest knows none: it may not have been downloaded yet.
  if (!['', checksum].includes(manifest.policyChecksum)) throw policyChanged(experiment.policy);
  // Before the weights are read: how they are kept depends on its memory.
  const place = await device.choose(folder);
  const start = readStart(place);
  const known: KnownCheckpoints = new Map();
  const { checkpoint, skipped } = newestCheckpoint(directory, start.reader, known);
  for (const { directory: broken, reason } of skipped) hooks.log(`passed over ${broken}: ${reason}`);
  if (!checkpoint && skipped.length > 0) throw allDamaged(directory, skipped);
  if (checkpoint && checkpoint.state.policyChecksum !== checksum) throw policyChanged(experiment.policy);
  // Also what a kill between writing and pruning left.
  pruneCheckpoints(directory, experiment.checkpoints.keep, known);
  const step = checkpoint?.state.step ?? 0;
  hooks.log(checkpoint ? `resuming after step ${step}` : 'starting');

  // Of a GPU that has been said when it was chosen.
  const memory = place.device === 'cpu' && memoryOf(experiment, place);
  if (memory) hooks.log(`memory: ${describeMemory(memory)}`);

  const options = await device.record(step, place);
  const policy = checkpoint?.policy ?? start.fresh();
  const task = await trainingTask(manifest, policy.tokenizer, hooks);
  for (const prompt of task.foreseen) encodePrompt(policy, prompt, experiment.rollout.maxNewTokens);
  const embedders = await loadEmbedders(experiment, hooks, options);
  const trainer = await PolicyTrainer.create(
    experiment,
    policy,
    start.reference,
    task,
    embedders.training,
    checkpoint && {
      optimizer: {
        firstMoment: checkpoint.firstMoment,
        secondMoment: checkpoint.secondMoment,
        updates: checkpoint.state.optimizerSteps,
      },
      tokens: checkpoint.state.tokens,
    },
    options,
    rewards,
  );
  hooks.onProgress({
    step,
    totalSteps: experiment.optimization.steps,
    tokens: checkpoint?.state.tokens ?? 0,
    checkpointStep: checkpoint ? step : null,
  });
  const scored = new Set((await writer.benchmarks()).map(benchmarkKey));
  const run = new TrainingRun(
    writer,
    manifest,
    policy,
    checksum,
    trainer,
    embedders,
    options,
    scored,
    known,
    experiment.report.includes('tensorboard')
      ? EventWriter.begin(join(directory, runFiles.tensorboard), step)
      : null,
    hooks,
  );
  try {
    return await run.continueFrom(step, checkpoint ? step : null);
  } catch (error) {
    throw device.explain(error);
  } finally {
    await run.dispose();
    await task.dispose();
    if (!device.hasFailed) await trainer.release();
    await embedders.release();
  }
}
