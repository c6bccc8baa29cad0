/** A training run from its run directory: starts or resumes it, and writes everything but `status.json`. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { errorText, InputError } from '../../errors.js';
import type { BenchmarkRequest, Experiment } from '../../experiment/schema.js';
import {
  EvaluationWriter,
  evaluationFile,
  RUN_SCHEMA_VERSION,
  RunWriter,
  runFiles,
} from '../../runs/index.js';
import { benchmarkSchema, type RunManifest, runSchema } from '../../runs/protocol/schema.js';
import type { EvaluationTask } from '../../tasks/index.js';
import type { Progress } from '../../trainer/worker-protocol.js';
import { evaluatePolicy, evaluationHeader } from './evaluate.js';
import { LoadingStopped, loadEvaluationTask } from './evaluation-task.js';
import {
  type Checkpoint,
  newestCheckpoint,
  policyChecksum,
  pruneCheckpoints,
  readPolicyFolder,
  writeCheckpoint,
} from './model/index.js';
import { PolicyTrainer } from './policy-trainer.js';
import type { RuntimeOptions } from './program.js';
import { trainingTask } from './training-task.js';

export interface RunHooks {
  onProgress(progress: Progress): void;
  log(line: string): void;
  /** Asked between steps and between batches of an evaluation. */
  stopRequested(): boolean;
}

/** Weight of the newest step in the running mean of seconds per step. */
const rateSmoothing = 0.2;

export function runtimeOptions(threads: number): RuntimeOptions {
  return { threads: threads === 0 ? availableParallelism() : threads };
}

/** @throws InputError when `run.json` is missing, broken or of a newer schema */
function readManifest(directory: string): RunManifest {
  const file = join(directory, runFiles.manifest);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${errorText(error)}).`, 'Start the experiment anew.');
  }
  const version = (json as { schema?: unknown } | null)?.schema;
  if (typeof version === 'number' && version > RUN_SCHEMA_VERSION) {
    throw new InputError(
      `${file}: schema ${version} is newer than this version understands (${RUN_SCHEMA_VERSION}).`,
      'Update G2RL Lab.',
    );
  }
  const parsed = runSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InputError(
      `${file}: ${issue?.path.join('.')}: ${issue?.message}.`,
      'Start the experiment anew.',
    );
  }
  return parsed.data;
}

/** The (step, benchmark) pairs that `benchmarks.jsonl` already has. */
function scoredBenchmarks(directory: string): Set<string> {
  let text = '';
  try {
    text = readFileSync(join(directory, runFiles.benchmarks), 'utf8');
  } catch {
    return new Set();
  }
  const keys = text.split('\n').flatMap((line) => {
    try {
      const record = benchmarkSchema.parse(JSON.parse(line));
      return [`${record.step} ${record.benchmark}`];
    } catch {
      return [];
    }
  });
  return new Set(keys);
}

class TrainingRun {
  private readonly scored: Set<string>;
  private readonly tasks = new Map<string, EvaluationTask>();
  private secondsPerStep: number | null = null;

  constructor(
    private readonly writer: RunWriter,
    private readonly manifest: RunManifest,
    private readonly policy: Checkpoint['policy'],
    private readonly trainer: PolicyTrainer,
    private readonly options: RuntimeOptions,
    private readonly hooks: RunHooks,
  ) {
    this.scored = scoredBenchmarks(writer.directory);
  }

  private get experiment(): Experiment {
    return this.manifest.experiment;
  }

  /** Goes on after step `step`; returns how it ended. */
  async continueFrom(step: number, checkpointStep: number | null): Promise<'finished' | 'stopped'> {
    const { steps } = this.experiment.optimization;
    const { every } = this.experiment.checkpoints;
    let saved = checkpointStep;
    let done = step;
    if (!(await this.evaluateIfDue(done))) return this.stopAt(done, saved);
    while (done < steps) {
      if (this.hooks.stopRequested()) return this.stopAt(done, saved);
      this.hooks.onProgress({ state: 'running', step: done });
      done++;
      await this.train(done);
      if (done % every === 0 || done === steps) saved = this.save(done);
      if (!(await this.evaluateIfDue(done))) return this.stopAt(done, saved);
    }
    return 'finished';
  }

  private async train(step: number): Promise<void> {
    const { metrics, groups, rollouts } = await this.trainer.step(step);
    this.writer.appendGroups(groups);
    this.writer.writeRollouts(step, rollouts);
    this.writer.appendMetrics(metrics);
    const previous = this.secondsPerStep ?? metrics.step_time;
    this.secondsPerStep = previous + rateSmoothing * (metrics.step_time - previous);
    this.hooks.onProgress({ step, tokens: metrics.num_tokens, secondsPerStep: this.secondsPerStep });
    const [reward, similarity, time] = [metrics.reward, metrics['g2rl/similarity_mean'], metrics.step_time];
    this.hooks.log(
      `step ${step} reward ${reward.toFixed(3)} accuracy ${metrics['rewards/accuracy'].toFixed(3)} similarity ${similarity.toFixed(3)} ${time.toFixed(2)} s`,
    );
  }

  private save(step: number): number {
    const { firstMoment, secondMoment, updates, tokens } = this.trainer.state();
    const { policyChecksum: checksum } = this.manifest;
    writeCheckpoint(this.writer.directory, {
      policy: this.policy,
      firstMoment,
      secondMoment,
      state: {
        schema: RUN_SCHEMA_VERSION,
        step,
        optimizerSteps: updates,
        tokens,
        policyChecksum: checksum,
      },
    });
    pruneCheckpoints(this.writer.directory, this.experiment.checkpoints.keep);
    this.hooks.onProgress({ checkpointStep: step });
    return step;
  }

  private stopAt(step: number, saved: number | null): 'stopped' {
    this.hooks.onProgress({ state: 'stopping', evaluation: null });
    if (step > 0 && saved !== step) this.save(step);
    return 'stopped';
  }

  /** Loaded once: later evaluations ask the same problems. */
  private async evaluationTask(request: BenchmarkRequest): Promise<EvaluationTask> {
    const known = this.tasks.get(request.name);
    if (known) return known;
    const task = await loadEvaluationTask(request, this.policy.tokenizer, this.hooks);
    this.tasks.set(request.name, task);
    return task;
  }

  async dispose(): Promise<void> {
    for (const task of this.tasks.values()) await task.dispose();
  }

  /** Scores the benchmarks that are due at this step and not yet scored. False when asked to stop meanwhile. */
  private async evaluateIfDue(step: number): Promise<boolean> {
    const { evaluation, optimization, rollout } = this.experiment;
    const periodic = evaluation.every > 0 && step % evaluation.every === 0;
    if (step !== 0 && step !== optimization.steps && !periodic) return true;
    for (const request of evaluation.benchmarks) {
      const { name: benchmark, samples, temperature, seed } = request;
      const key = `${step} ${benchmark}`;
      if (this.scored.has(key)) continue;
      const task = await this.evaluationTask(request);
      const maxNewTokens = request.maxNewTokens ?? rollout.maxNewTokens;
      const settings = { samples, temperature, seed, maxNewTokens, step };
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
 * Runs or resumes the run in `directory`, from its newest whole checkpoint if there is one, and continues as if it
 * had never been interrupted: all randomness depends on the seed and the step alone.
 * @throws InputError, RunFileError
 */
export async function trainRun(directory: string, hooks: RunHooks): Promise<'finished' | 'stopped'> {
  try {
    return await trainOrResume(directory, hooks);
  } catch (error) {
    // Nothing was done since the newest checkpoint.
    if (error instanceof LoadingStopped) return 'stopped';
    throw error;
  }
}

async function trainOrResume(directory: string, hooks: RunHooks): Promise<'finished' | 'stopped'> {
  const manifest = readManifest(directory);
  const { experiment } = manifest;
  const writer = new RunWriter(directory);
  writer.repairTails();

  const start = readPolicyFolder(experiment.policy);
  if (policyChecksum(experiment.policy) !== manifest.policyChecksum) {
    throw new InputError(
      `${experiment.policy}: the starting policy has changed since this run began; it is also the reference of its KL term.`,
      'Put the old files back, or start a new run.',
    );
  }
  const { checkpoint, skipped } = newestCheckpoint(directory);
  for (const { directory: broken, reason } of skipped) hooks.log(`passed over ${broken}: ${reason}`);
  // Also what a kill between writing and pruning left, unless a newer one is damaged.
  pruneCheckpoints(directory, skipped.length === 0 ? experiment.checkpoints.keep : 0);
  const step = checkpoint?.state.step ?? 0;
  hooks.log(checkpoint ? `resuming after step ${step}` : 'starting');

  const options = runtimeOptions(experiment.threads);
  const policy = checkpoint?.policy ?? { ...start, weights: start.weights.slice() };
  const task = await trainingTask(experiment, policy.tokenizer, hooks);
  const trainer = await PolicyTrainer.create(
    experiment,
    policy,
    start.weights,
    task,
    checkpoint && {
      optimizer: {
        firstMoment: checkpoint.firstMoment,
        secondMoment: checkpoint.secondMoment,
        updates: checkpoint.state.optimizerSteps,
      },
      tokens: checkpoint.state.tokens,
    },
    options,
  );
  hooks.onProgress({
    step,
    totalSteps: experiment.optimization.steps,
    tokens: checkpoint?.state.tokens ?? 0,
    checkpointStep: checkpoint ? step : null,
  });
  const run = new TrainingRun(writer, manifest, policy, trainer, options, hooks);
  try {
    return await run.continueFrom(step, checkpoint ? step : null);
  } finally {
    await run.dispose();
    await task.dispose();
    await trainer.release();
  }
}
