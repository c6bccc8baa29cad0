/** `g2rl evaluate`: scores a policy folder or checkpoint on a benchmark. */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseStepName } from '../runs/index.js';
import type { BenchmarkRecord } from '../runs/schema.js';
import { evaluatePolicy } from './evaluate.js';
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

/** Null when given up. */
export async function evaluateFolder(
  request: unknown,
  onProgress: (done: number, total: number) => boolean,
): Promise<BenchmarkRecord | null> {
  const { folder, threads, ...settings } = requestSchema.parse(request);
  const policy = readPolicyFolder(folder);
  const options = runtimeOptions(threads);
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  const step = parseStepName(basename(resolve(folder))) ?? 0;
  return evaluatePolicy(policy, sampler, { ...settings, step }, options, onProgress);
}
