/** Runs that train adapters on a frozen policy: trained, killed, resumed, evaluated, merged, and what is refused. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { BenchmarkRecord, RunManifest, TrainerState } from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { useHub } from './hub-fixture.js';
import {
  exitOf,
  makeRun,
  readLines,
  readStatus,
  startTrainer,
  trainerPath,
  until,
  writeTinyPolicy,
} from './trainer.js';

const on = useHub();
beforeEach(() => {
  vi.stubEnv('HF_ENDPOINT', on.hub.endpoint);
  vi.stubEnv('G2RL_CACHE', on.cacheDirectory);
  vi.stubEnv('HF_HUB_CACHE', join(on.cacheDirectory, 'of-others'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const lora = { rank: 4, alpha: 8, targets: 'all-linear' };
/** Updates that change something in a few steps; evaluations at the end alone. */
const settings = {
  optimization: { steps: 6, learningRate: 1e-2, minibatches: 1, klCoefficient: 0.05 },
  evaluation: { every: 0, benchmarks: [{ samples: 4, limit: 8 }] },
  checkpoints: { every: 2 },
};
const adapted = { ...settings, torch: { lora } };

const checkpoint = (directory: string, step: number) =>
  join(directory, 'checkpoints', `step-${String(step).padStart(6, '0')}`);
const adaptersOf = (directory: string, step: number) =>
  readFileSync(join(checkpoint(directory, step), 'adapter_model.safetensors'));

/** A job of the trainer: its exit code and the result, or what went wrong. */
async function job<Result>(
  kind: string,
  request: object,
): Promise<Result & { error?: string; hint?: string }> {
  const child = spawn(process.execPath, [trainerPath, kind, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: process.env,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += String(chunk);
  });
  await new Promise((finish) => child.once('close', finish));
  return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Result & { error?: string };
}

const evaluation = (folder: string) => ({
  folder,
  threads: 1,
  samplesFolder: scratch('samples'),
  benchmark: { samples: 4, limit: 8, maxNewTokens: 8 },
});

test('adapters are trained, resumed bit for bit after a kill, evaluated and merged', async () => {
  const whole = makeRun(adapted, 8);
  expect(await exitOf(startTrainer(whole))).toBe(0);
  const metrics = readLines<StepMetrics>(join(whole, 'metrics.jsonl'));
  expect(metrics).toHaveLength(6);
  // Fresh adapters change nothing: the policy is the reference; then it moves away from it.
  expect(metrics[0]!.kl!).toBeLessThan(1e-9);
  expect(metrics.at(-1)!.kl!).toBeGreaterThan(1e-6);
  expect(metrics.every(({ grad_norm }) => grad_norm > 0)).toBe(true);

  const folder = checkpoint(whole, 6);
  expect(existsSync(join(folder, 'model.safetensors'))).toBe(false);
  const manifest = JSON.parse(readFileSync(join(whole, 'run.json'), 'utf8')) as RunManifest;
  expect(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'))).toMatchObject({
    peft_type: 'LORA',
    base_model_name_or_path: manifest.experiment.policy,
    r: 4,
    lora_alpha: 8,
  });

  const killed = makeRun({ ...adapted, policy: manifest.experiment.policy }, 8);
  const first = startTrainer(killed);
  await until(() => (readStatus(killed)?.checkpointStep ?? 0) >= 2);
  first.kill('SIGKILL');
  await exitOf(first);
  expect(await exitOf(startTrainer(killed))).toBe(0);
  expect(adaptersOf(killed, 6).equals(adaptersOf(whole, 6))).toBe(true);

  // The scores of a checkpoint are those that the run measured; those of the merged policy as well.
  const measured = readLines<BenchmarkRecord>(join(whole, 'benchmarks.jsonl')).at(-1)!;
  const again = await job<BenchmarkRecord>('evaluate', evaluation(folder));
  expect(again.pass_at_1).toBe(measured.pass_at_1);
  expect(again.similarity_mean!).toBeCloseTo(measured.similarity_mean!, 6);
  const output = join(scratch('merged'), 'policy');
  expect(await job('merge', { folder, output })).toEqual({
    directory: output,
    base: manifest.experiment.policy,
  });
  const merged = readPolicyFolder(output);
  const base = readPolicyFolder(manifest.experiment.policy);
  expect(merged.weights).toHaveLength(base.weights.length);
  expect(merged.weights).not.toEqual(base.weights);
  const ofMerged = await job<BenchmarkRecord>('evaluate', evaluation(output));
  expect(ofMerged.pass_at_1).toBe(measured.pass_at_1);
  expect(ofMerged.similarity_mean!).toBeCloseTo(measured.similarity_mean!, 4);
  expect(await job('merge', { folder: output, output })).toMatchObject({
    error: expect.stringContaining('is a whole policy; there are no adapters to merge'),
  });
});

test('layer by layer, and a few responses at a time, adapters become the same', async () => {
  const atOnce = makeRun(adapted, 8);
  expect(await exitOf(startTrainer(atOnce))).toBe(0);
  const byLayers = makeRun({ ...adapted, torch: { lora, gradientCheckpointing: true, rowsPerPass: 3 } }, 8);
  expect(await exitOf(startTrainer(byLayers))).toBe(0);
  const losses = (directory: string) =>
    readLines<StepMetrics>(join(directory, 'metrics.jsonl')).map(({ loss, kl }) => [loss, kl] as const);
  const expected = losses(atOnce);
  for (const [index, [loss, kl]] of losses(byLayers).entries()) {
    expect(loss).toBeCloseTo(expected[index]![0], 4);
    expect(kl!).toBeCloseTo(expected[index]![1]!, 4);
  }
});

test('a policy of the hub is downloaded once, and is the base of its checkpoints by its name', async () => {
  const source = writeTinyPolicy(join(scratch('hub-policy'), 'policy'), 8);
  for (const name of ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    on.hub.put('people/tiny', name, readFileSync(join(source, name)), false);
  }
  on.hub.put('people/tiny', 'model.safetensors', readFileSync(join(source, 'model.safetensors')), true);
  const directory = makeRun(adapted, 8);
  const file = join(directory, 'run.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as RunManifest;
  manifest.experiment.policy = 'people/tiny';
  manifest.policyChecksum = '';
  writeFileSync(file, JSON.stringify(manifest));
  expect(await exitOf(startTrainer(directory))).toBe(0);
  const folder = checkpoint(directory, 6);
  const config = JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ base_model_name_or_path: 'people/tiny' });
  const state = JSON.parse(readFileSync(join(folder, 'trainer/state.json'), 'utf8')) as TrainerState;
  expect(state.policyChecksum).toMatch(/^[0-9a-f]{64}$/);

  on.hub.seen.length = 0;
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect(await job<BenchmarkRecord>('evaluate', evaluation(folder))).toMatchObject({
    benchmark: 'countdown-test',
  });
  expect(on.hub.seen).toEqual([]);
});

test('a base that is gone, or another one, is named', async () => {
  const directory = makeRun(adapted, 8);
  expect(await exitOf(startTrainer(directory))).toBe(0);
  const manifest = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunManifest;
  const { policy } = manifest.experiment;
  const folder = checkpoint(directory, 6);
  const key = `${join(folder, 'adapter_config.json')}: base_model_name_or_path`;
  renameSync(policy, `${policy}-moved`);
  expect(await job('evaluate', evaluation(folder))).toMatchObject({
    error: `${key}: there is no folder ${policy}.`,
  });
  writeTinyPolicy(policy, 2);
  expect(await job('evaluate', evaluation(folder))).toMatchObject({
    error: `${key}: ${policy} has changed since these adapters were trained on it.`,
  });
  expect(await exitOf(startTrainer(directory))).not.toBe(0);
  expect(readStatus(directory)!.error?.message).toContain(
    'the starting policy has changed since this run began',
  );

  // Without what a run files beside them, adapters are taken with any base that fits.
  const alone = join(scratch('alone'), 'adapters');
  mkdirSync(alone, { recursive: true });
  for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
    cpSync(join(folder, name), join(alone, name));
  expect(await job<BenchmarkRecord>('evaluate', evaluation(alone))).toMatchObject({
    benchmark: 'countdown-test',
  });
});

test('settings of adapters that were changed since a checkpoint are named, and nothing is called damaged', async () => {
  const short = { ...adapted, optimization: { ...adapted.optimization, steps: 2 } };
  const directory = makeRun(short, 8);
  expect(await exitOf(startTrainer(directory))).toBe(0);
  const file = join(directory, 'run.json');
  const written = readFileSync(file, 'utf8');
  const resumedWith = async (changed: object | undefined) => {
    const manifest = JSON.parse(written) as RunManifest;
    const { torch, optimization } = manifest.experiment;
    writeFileSync(
      file,
      JSON.stringify({
        ...manifest,
        experiment: {
          ...manifest.experiment,
          optimization: { ...optimization, steps: 3 },
          torch: { ...torch, lora: changed },
        },
      }),
    );
    await exitOf(startTrainer(directory));
    return readStatus(directory)!.error?.message;
  };
  const folder = checkpoint(directory, 2);
  expect(await resumedWith({ ...lora, rank: 5 })).toBe(
    `${folder}: has adapters of rank 4; torch.lora.rank in run.json is 5.`,
  );
  expect(await resumedWith({ ...lora, alpha: 80 })).toBe(
    `${folder}: has adapters with alpha 8; torch.lora.alpha in run.json is 80.`,
  );
  expect(await resumedWith({ ...lora, targets: ['q_proj'] })).toMatch(
    /: has adapters on down_proj, .*; torch\.lora\.targets in run\.json is q_proj\.$/,
  );
  expect(await resumedWith(undefined)).toBe(`${folder}: has adapters, but run.json has no torch.lora.`);
  // Where nothing is changed but how it is written, it goes on.
  expect(
    await resumedWith({
      ...lora,
      targets: ['up_proj', 'down_proj', 'gate_proj', 'o_proj', 'q_proj', 'k_proj', 'v_proj'],
    }),
  ).toBeUndefined();
});
