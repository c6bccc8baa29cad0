/** `g2rl pretrain`: makes a policy folder from Countdown demonstrations. Its defaults made the shipped policy. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { BenchmarkRecord } from '../runs/schema.js';
import {
  COUNTDOWN_VOCABULARY_SIZE,
  countdownTokenizer,
  demonstrations,
  EOS_TOKEN_ID,
  PAD_TOKEN_ID,
} from '../tasks/index.js';
import { errorText, InputError } from './errors.js';
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
import { Sampler } from './rollout.js';
import { trainSupervised } from './supervised.js';
import { runtimeOptions } from './train-run.js';
import type { PretrainResult } from './worker-protocol.js';

const size = z.int().min(1);

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
  noise: z.number().min(0).max(1).default(0).describe('Share of demonstrations with a wrong answer'),
  steps: size.default(1500),
  batchSize: size.default(256),
  learningRate: z.number().positive().default(2e-3),
  warmupSteps: z.int().min(0).default(50),
  schedule: z.enum(['constant', 'cosine']).default('cosine'),
  beta1: z.number().default(0.9),
  beta2: z.number().default(0.98),
  epsilon: z.number().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  gradientClip: z.number().positive().default(1),
  seed: z.int().min(0).default(0),
  threads: z.int().min(0).default(0),
});
export type PretrainSettings = z.infer<typeof pretrainSchema>;

const requestSchema = z.object({
  config: z.string().nullable().default(null),
  output: z.string(),
  set: z.record(z.string(), z.unknown()).default({}),
});

/** @throws InputError naming the file and the field */
function readSettings(file: string | null, overrides: Record<string, unknown>): PretrainSettings {
  let json: unknown = {};
  try {
    if (file !== null) json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${errorText(error)}).`, 'It must be a JSON object.');
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
    vocabSize: COUNTDOWN_VOCABULARY_SIZE,
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
    padTokenId: PAD_TOKEN_ID,
    eosTokenIds: [EOS_TOKEN_ID],
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
  request: unknown,
  onProgress: (step: number, total: number, loss: number) => void,
): Promise<PretrainResult> {
  const { config: file, output, set } = requestSchema.parse(request);
  const settings = readSettings(file, set);
  const policy = freshPolicy(settings);
  const { config, layout, weights, tokenizer } = policy;
  const options = runtimeOptions(settings.threads);
  const examples = demonstrations(settings, settings.seed, { noise: settings.noise });
  const batch = (step: number) =>
    Array.from({ length: settings.batchSize }, (_, index) => {
      const { prompt, response } = examples.example((step - 1) * settings.batchSize + index);
      return {
        prompt: tokenizer.encode(prompt),
        completion: [...tokenizer.encode(response), EOS_TOKEN_ID],
      };
    });
  const start = performance.now();
  let loss = Number.NaN;
  const blocks = weightBlocks(config, layout);
  await trainSupervised({ config, blocks, weights }, settings, batch, options, (progress) => {
    loss = progress.loss;
    onProgress(progress.step, settings.steps, progress.loss);
  });
  const seconds = (performance.now() - start) / 1000;
  const files = policyFiles(policy);
  files.set('pretrain.json', Buffer.from(`${JSON.stringify(settings, null, 2)}\n`));
  writeFolder(output, files);
  return {
    directory: output,
    steps: settings.steps,
    seconds,
    loss,
    benchmark: await score(policy, settings),
  };
}

function score(policy: Policy, { threads, seed }: PretrainSettings): Promise<BenchmarkRecord | null> {
  const options = runtimeOptions(threads);
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  const request = {
    benchmark: 'countdown-validation',
    samples: 16,
    limit: 200,
    temperature: 1,
    maxNewTokens: 32,
    step: 0,
    seed,
  };
  return evaluatePolicy(policy, sampler, request, options, () => true);
}
