/** `g2rl evaluate`: scores a policy folder or checkpoint on a benchmark. */
import { readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { EvaluationWriter, evaluationFile, parseStepName } from '../runs/index.js';
import type { BenchmarkRecord } from '../runs/schema.js';
import { countdownTask } from '../tasks/index.js';
import { evaluatePolicy, evaluationHeader } from './evaluate.js';
import { readPolicyFolder, weightBlocks } from './model/index.js';
import { Sampler } from './rollout.js';
import { runtimeOptions } from './train-run.js';

const requestSchema = z.object({
  folder: z.string(),
  benchmark: z.string().default('countdown-test'),
  samples: z.int().min(1).default(16),
  limit: z.int().min(1).default(200),
  temperature: z.number().min(0).default(1),
  seed: z.int().min(0).default(0),
  maxNewTokens: z.int().min(1).default(32),
  threads: z.int().min(0).default(0),
  /** Where the responses are kept when the policy is not a checkpoint of a run. */
  samplesFolder: z.string().default('.g2rl'),
});

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
): Promise<BenchmarkRecord | null> {
  const { folder, threads, benchmark, limit, samplesFolder, ...sampling } = requestSchema.parse(request);
  const policy = readPolicyFolder(folder);
  const options = runtimeOptions(threads);
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  const task = countdownTask(benchmark, limit);
  const settings = { ...sampling, step: parseStepName(basename(resolve(folder))) ?? 0 };
  const run = runOfCheckpoint(folder);
  const file = responsesFile(folder, run, samplesFolder, benchmark);
  try {
    const writer = await EvaluationWriter.open(file, evaluationHeader(policy, task, settings));
    const record = await evaluatePolicy(policy, sampler, task, settings, writer, options, onProgress);
    return record && { ...record, samples_file: run === null ? file : relative(run, file) };
  } finally {
    await task.dispose();
    await sampler.release();
  }
}
