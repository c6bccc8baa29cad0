/** Speed and memory, measured: entry points that scripts/bench.mjs runs, and what they share. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Device } from '../../src/engines/embedded/graph/index.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { PolicyTrainer } from '../../src/engines/embedded/policy-trainer.js';
import { type RuntimeOptions, runtimeOptions } from '../../src/engines/embedded/provider.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { trainerEnvironment } from '../../src/runs/control/launch.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { countdownTraining } from '../../src/tasks/training.js';

/** Runs this program again in the environment of a trainer's process, unless it is in it. */
export function inTrainerEnvironment(): void {
  const environment = trainerEnvironment();
  if (Object.entries(environment).every(([name, value]) => process.env[name] === value)) return;
  const { status } = spawnSync(process.execPath, process.argv.slice(1), {
    env: environment,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

/** As those of a run: with the threads of the build, which `npm run bench` makes first. */
export function runOptions(threads: number, device: Device = 'cpu'): RuntimeOptions {
  const helper = resolve('dist/engine-share.cjs');
  return { ...runtimeOptions(threads, device), ...(existsSync(helper) && { helper }) };
}

/**
 * A trainer of the default experiment on the policy in `folder`. `forceLength` leaves no end-of-sequence token, so
 * that all responses have the full 32 tokens.
 */
export async function makeTrainer(
  folder: string,
  forceLength: boolean,
  options: RuntimeOptions,
): Promise<PolicyTrainer> {
  const policy = readPolicyFolder(folder);
  if (forceLength) policy.config = { ...policy.config, eosTokenIds: [] };
  const experiment = experimentSchema.parse({ policy: folder });
  const prompts = countdownTraining(trainingPrompts(experiment.task, 0));
  return PolicyTrainer.create(experiment, policy, policy.weights.slice(), prompts, null, null, options);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Wall-clock seconds of `work`. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Largest memory the process has had in use. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
