/** `g2rl evaluate`: scores a policy folder or checkpoint on a benchmark. */
import { readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../errors.js';
import { type BenchmarkRequest, benchmarkRequestSchema } from '../../experiment/schema.js';
import { EvaluationWriter, evaluationFile, parseStepName, readManifest } from '../../runs/index.js';
import type { BenchmarkRecord } from '../../runs/protocol/schema.js';
import { evaluatePolicy, evaluationHeader } from './evaluate.js';
import { type LoadingHooks, loadEvaluationTask } from './evaluation-task.js';
import { readPolicyFolder, weightBlocks } from './model/index.js';
import { Sampler } from './rollout.js';
import { runtimeOptions } from './train-run.js';

/** What a job is asked to evaluate. */
export const evaluationRequestSchema = z.looseObject({
  folder: z.string(),
  threads: z.int().min(0).default(0),
  /** Where the responses are kept when the policy is not a checkpoint of a run. */
  samplesFolder: z.string().default('.g2rl'),
  /** A benchmark as an experiment names it; paths of files are absolute or relative to the working directory. */
  benchmark: benchmarkRequestSchema.prefault({}),
});

/** Longest responses where neither the request nor a run says: Countdown's answers are short, others reason first. */
const defaultNewTokens = { countdown: 32, others: 2048 };

async function maxNewTokens(request: BenchmarkRequest, run: string | null): Promise<number> {
  if (request.maxNewTokens !== undefined) return request.maxNewTokens;
  if (run !== null) return (await readManifest(run)).experiment.rollout.maxNewTokens;
  return request.name.startsWith('countdown-') ? defaultNewTokens.countdown : defaultNewTokens.others;
}

/** The run whose checkpoint this folder is, or null. */
export function runOfCheckpoint(folder: string): string | null {
  const run = resolve(folder, '..', '..');
  if (basename(resolve(folder, '..')) !== 'checkpoints') return null;
  try {
    readFileSync(join(run, 'run.json'));
    return run;
  } catch {
    return null;
  }
}

/** Where the responses are kept: in the checkpoint's run, or under the given folder. */
function responsesFile(folder: string, run: string | null, samplesFolder: string, benchmark: string): string {
  const step = parseStepName(basename(resolve(folder))) ?? 0;
  if (run !== null) return join(run, evaluationFile(step, benchmark));
  return join(samplesFolder, basename(resolve(folder)), evaluationFile(step, benchmark));
}

/**
 * Scores a folder; takes up an evaluation of the same that was cut off. Null when given up.
 * @throws InputError, RunFileError
 */
export async function evaluateFolder(
  request: unknown,
  onProgress: (done: number, total: number) => boolean,
  hooks: LoadingHooks,
): Promise<BenchmarkRecord | null> {
  const { folder, threads, samplesFolder, benchmark } = parseRequest(request);
  const policy = readPolicyFolder(folder);
  const options = runtimeOptions(threads);
  const run = runOfCheckpoint(folder);
  const task = await loadEvaluationTask(benchmark, policy.tokenizer, hooks);
  const { samples, temperature, seed } = benchmark;
  const step = parseStepName(basename(resolve(folder))) ?? 0;
  const settings = {
    samples,
    temperature,
    seed,
    maxNewTokens: await maxNewTokens(benchmark, run),
    step,
  };
  const file = responsesFile(folder, run, samplesFolder, task.name);
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  try {
    const writer = await EvaluationWriter.open(file, evaluationHeader(policy, task, settings));
    const record = await evaluatePolicy(policy, sampler, task, settings, writer, options, onProgress);
    return record && { ...record, samples_file: run === null ? file : relative(run, file) };
  } finally {
    await task.dispose();
    await sampler.release();
  }
}

function parseRequest(request: unknown): z.infer<typeof evaluationRequestSchema> {
  const parsed = evaluationRequestSchema.safeParse(request);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(`${issue?.path.join('.')}: ${issue?.message}.`, 'Correct it and evaluate again.');
}
