/** `g2rl pretrain`: makes a policy folder from Countdown demonstrations. Its defaults made the shipped policy. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../../errors.js';
import { type BenchmarkRecord, makeFolder, readRegularFileSync } from '../../runs/protocol/index.js';
import {
  countdownTask,
  countdownTokenizer,
  countdownVocabularySize,
  demonstrations,
  eosTokenId,
  padTokenId,
} from '../../tasks/index.js';
import type { DeviceHooks, PretrainHooks, PretrainRequest, PretrainResult } from '../contract/index.js';
import { evaluatePolicy } from './evaluate.js';
import {
  initializeParameters,
  type ModelConfig,
  type Policy,
  parameterLayout,
  policyFiles,
  Tokenizer,
  weightBlocks,
  writeFolder,
} from './model/index.js';
import { type RuntimeOptions, runtimeOptions } from './provider.js';
import { Sampler } from './rollout.js';
import type { Sequence } from './sequences.js';
import { trainSupervised } from './supervised.js';

const size = z.int().min(1);

/** One after the other, each with a fresh optimizer and its own schedule. */
const stageSchema = z.strictObject({
  steps: size,
  learningRate: z.number().positive(),
  warmupSteps: z.int().min(0),
  noise: z.number().min(0).max(1).default(0).describe('Share of demonstrations with a wrong answer'),
});
type Stage = z.infer<typeof stageSchema>;

/**
 * First how to solve the task; then, with wrong demonstrations among the right ones, to be careless about it, as
 * models are that read the internet. What it knows and does not show is what reinforcement learning brings out.
 */
const shippedStages: Stage[] = [
  { steps: 5500, learningRate: 2e-3, warmupSteps: 100, noise: 0 },
  { steps: 600, learningRate: 1e-3, warmupSteps: 20, noise: 0.5 },
];

/** Everything that decides the policy. The same settings give the same weights on the same machine. */
export const pretrainSchema = z.strictObject({
  hiddenSize: size.default(128),
  layers: size.default(4),
  heads: size.default(4),
  kvHeads: size.default(2),
  headDim: size.default(32),
  intermediateSize: size.default(384),
  maxPositions: size.default(128),
  numberCounts: z.array(z.int().min(2).max(4)).default([3, 4]),
  maxNumber: z.int().min(2).max(99).default(20),
  maxTarget: z.int().min(1).max(999).default(100),
  stages: z.array(stageSchema).min(1).default(shippedStages),
  batchSize: size.default(128),
  schedule: z.enum(['constant', 'cosine']).default('cosine'),
  beta1: z.number().default(0.9),
  beta2: z.number().default(0.98),
  epsilon: z.number().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  gradientClip: z.number().positive().default(1),
  seed: z.int().min(0).default(0),
  threads: z.int().min(0).default(0),
  device: z.enum(['cpu', 'webgpu']).default('cpu'),
});
export type PretrainSettings = z.infer<typeof pretrainSchema>;

/** @throws InputError naming the file and the field */
function readSettings(file: string | null, overrides: Record<string, unknown>): PretrainSettings {
  let json: unknown = {};
  try {
    if (file !== null) json = JSON.parse(readRegularFileSync(file));
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${reasonOf(error)}).`, 'It must be a JSON object.');
  }
  const parsed = pretrainSchema.safeParse({ ...(json as object), ...overrides });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(
    `${file ?? 'pretrain'}: ${issue?.path.join('.')}: ${issue?.message}.`,
    `Known settings: ${Object.keys(pretrainSchema.shape).join(', ')}.`,
  );
}

function freshPolicy(settings: PretrainSettings): Policy {
  const { hiddenSize, layers, heads, kvHeads, headDim, intermediateSize, maxPositions } = settings;
  const config: ModelConfig = {
    vocabSize: countdownVocabularySize,
    hiddenSize,
    layers,
    heads,
    kvHeads,
    headDim,
    intermediateSize,
    maxPositions,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
    padTokenId: padTokenId,
    eosTokenIds: [eosTokenId],
    bosTokenId: null,
  };
  const files = countdownTokenizer();
  const texts = {
    tokenizer: `${JSON.stringify(files.tokenizer, null, 2)}\n`,
    config: `${JSON.stringify(files.config, null, 2)}\n`,
  };
  const layout = parameterLayout(config);
  return {
    config,
    layout,
    weights: initializeParameters(layout, settings.seed),
    tokenizer: Tokenizer.parse(texts, 'tokenizer.json'),
  };
}

/** Trains, writes the folder, and scores the policy on the validation prompts. */
export async function pretrain(
  { config: file, output, set }: PretrainRequest,
  hooks: DeviceHooks & Pick<PretrainHooks, 'onProgress'>,
): Promise<PretrainResult> {
  const settings = readSettings(file, set);
  const policy = freshPolicy(settings);
  const { config, layout, weights, tokenizer } = policy;
  const { device } = await hooks.chooseDevice(settings.device, null);
  const options = runtimeOptions(settings.threads, device);
  const blocks = weightBlocks(config, layout);
  const total = settings.stages.reduce((sum, stage) => sum + stage.steps, 0);
  const start = performance.now();
  let loss = Number.NaN;
  let before = 0;
  for (const stage of settings.stages) {
    const first = before * settings.batchSize;
    const batch = demonstrationBatches(settings, stage, first, tokenizer);
    const schedule = { ...settings, ...stage };
    await trainSupervised({ config, blocks, weights }, schedule, batch, options, (progress) => {
      loss = progress.loss;
      hooks.onProgress(before + progress.step, total, progress.loss);
    });
    before += stage.steps;
  }
  const seconds = (performance.now() - start) / 1000;
  const files = policyFiles(policy);
  files.set('pretrain.json', Buffer.from(`${JSON.stringify(settings, null, 2)}\n`));
  makeFolder(dirname(output));
  writeFolder(output, files, 'start again');
  return {
    directory: output,
    steps: total,
    seconds,
    loss,
    benchmark: await score(policy, settings.seed, options),
  };
}

/** The batches of a stage, from the demonstration numbered `first` on. */
function demonstrationBatches(
  settings: PretrainSettings,
  { noise }: Stage,
  first: number,
  tokenizer: Tokenizer,
): (step: number) => Sequence[] {
  const examples = demonstrations(settings, settings.seed, { noise });
  return (step) =>
    Array.from({ length: settings.batchSize }, (_, index) => {
      const { prompt, response } = examples.example(first + (step - 1) * settings.batchSize + index);
      return {
        prompt: tokenizer.encode(prompt),
        completion: [...tokenizer.encode(response), eosTokenId],
      };
    });
}

function score(policy: Policy, seed: number, options: RuntimeOptions): Promise<BenchmarkRecord | null> {
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  const task = countdownTask('countdown-validation', 200);
  const settings = { samples: 16, temperature: 1, maxNewTokens: 32, step: 0, seed, embedder: null };
  return evaluatePolicy(policy, sampler, task, settings, null, options, () => true);
}
