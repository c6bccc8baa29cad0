/**
 * The embedded engine on the processor and on the GPU that ONNX Runtime finds, by the size of the policy: seconds and
 * tokens of a step, what the features add, launches, and how far the two devices agree. Prints a table, and as the last
 * line one JSON object.
 *
 *   device.mjs <policy folder> [--seconds 120] [--threads 0] [--sizes 0.8M,20M,100M,0.6B] [--devices cpu,webgpu]
 *              [--prompts 16]
 *
 * Policies larger than the shipped one have random weights, and 0.6B is the shape of Qwen3-0.6B with adapters of rank 16,
 * 4 prompts a step; unless `--sizes` names it, only where products of matrices are fast enough for that. All responses
 * have their full length.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { measureAdapter } from '../../src/engines/embedded/measure-adapter.js';
import {
  type AdaptedPolicy,
  adaptersFor,
  adaptPolicy,
  blocksOf,
  isAdapted,
} from '../../src/engines/embedded/model/adapted-policy.js';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import { initializeParameters } from '../../src/engines/embedded/model/initialize.js';
import { initializeAdapters } from '../../src/engines/embedded/model/lora.js';
import { parameterLayout } from '../../src/engines/embedded/model/parameters.js';
import { type Policy, readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { Tokenizer } from '../../src/engines/embedded/model/tokenizer.js';
import { PolicyTrainer } from '../../src/engines/embedded/policy-trainer.js';
import { type RuntimeOptions, runtimeOptions } from '../../src/engines/embedded/provider.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import { countdownTokenizer } from '../../src/tasks/countdown-tokenizer.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { countdownTraining } from '../../src/tasks/training.js';
import { agreement } from './device-agreement.js';
import { countLaunches, launchesOf } from './device-launches.js';
import { median, runOptions } from './index.js';

const devices = ['cpu', 'webgpu'] as const;
type DeviceName = (typeof devices)[number];

/** Layers, hidden size, heads, key-value heads, width of a head, of the feed-forward network, vocabulary. */
const shapes: Record<string, readonly [number, number, number, number, number, number, number]> = {
  // To try the program itself.
  '0.02M': [1, 32, 2, 1, 16, 64, 21],
  '20M': [6, 512, 8, 4, 64, 1536, 2048],
  '100M': [8, 1024, 16, 8, 64, 3072, 2048],
  // Of Qwen3-0.6B.
  '600M': [28, 1024, 16, 8, 128, 3072, 151_936],
};

/** Numbers of `size` as `shapes` has it, with a tokenizer whose further tokens are words of no meaning. */
function randomPolicy(size: string): Policy {
  const shape = shapes[size];
  if (!shape) throw new Error(`There is no size ${size}: 0.8M, ${Object.keys(shapes).join(', ')}.`);
  const [layers, hiddenSize, heads, kvHeads, headDim, intermediateSize, vocabSize] = shape;
  const config: Policy['config'] = {
    ...{ layers, hiddenSize, heads, kvHeads, headDim, intermediateSize, vocabSize },
    ...{ maxPositions: 128, rmsNormEpsilon: 1e-6, ropeTheta: 10_000, tieWordEmbeddings: true },
    ...{ padTokenId: 0, eosTokenIds: [], bosTokenId: null },
  };
  const { tokenizer, config: tokenizerConfig } = countdownTokenizer();
  const { vocab } = (tokenizer as { model: { vocab: Record<string, number> } }).model;
  for (let id = Object.keys(vocab).length; id < vocabSize; id++) vocab[`<${id}>`] = id;
  const texts = { tokenizer: JSON.stringify(tokenizer), config: JSON.stringify(tokenizerConfig) };
  const layout = parameterLayout(config);
  return {
    config,
    layout,
    weights: initializeParameters(layout, 0),
    tokenizer: Tokenizer.parse(texts, 'tokenizer.json'),
  };
}

/** As `randomPolicy`, with adapters on a frozen base. */
function adaptedPolicy(shape: string): AdaptedPolicy {
  const { config, layout, weights, tokenizer } = randomPolicy(shape);
  const blocks = weightBlocks(config, layout);
  const values = new Map(
    blocks.map(({ name, offset, size }) => [name, weights.subarray(offset ?? 0, (offset ?? 0) + size)]),
  );
  const frozen = blocks.map((block) => ({ ...block, offset: null }));
  const base = { config, tokenizer, name: 'random', blocks: frozen, values };
  const lora = { rank: 16, alpha: 32, targets: 'all-linear' } as const;
  const adapters = adaptersFor(config, lora);
  return adaptPolicy(base, lora, adapters, initializeAdapters(adapters, 0));
}

function policyOf(size: string, folder: string): Policy {
  if (size !== '0.8M') return randomPolicy(size);
  const policy = readPolicyFolder(folder);
  return { ...policy, config: { ...policy.config, eosTokenIds: [] } };
}

/** With adapters, and so fewer prompts a step. */
const adapted: Record<string, { shape: string; prompts: number }> = {
  '0.02M-lora': { shape: '0.02M', prompts: 4 },
  '0.6B': { shape: '600M', prompts: 4 },
};

interface Measured {
  device: DeviceName;
  size: string;
  parameters: number;
  /** Of the first step, which compiles. */
  firstSeconds: number;
  steps: number;
  stepSeconds: number;
  tokensPerSecond: number;
  rolloutSeconds: number;
  referenceSeconds: number;
  updateSeconds: number;
  /** Of making features and shaping, without what sampling adds up. */
  featureShare: number;
}

async function measure(
  size: string,
  folder: string,
  options: RuntimeOptions,
  budget: number,
): Promise<Measured> {
  const large = adapted[size];
  const policy = large ? adaptedPolicy(large.shape) : policyOf(size, folder);
  const rollout = { promptsPerStep: large?.prompts ?? Number(values.prompts) };
  const torch = large ? { lora: { rank: 16 } } : {};
  const experiment = experimentSchema.parse({ policy: 'random', rollout, torch });
  const prompts = countdownTraining(trainingPrompts(experiment.task, 0));
  const reference = isAdapted(policy) ? policy.weights : policy.weights.slice();
  const parameters = blocksOf(policy).reduce((sum, block) => sum + block.size, 0);
  const trainer = await PolicyTrainer.create(experiment, policy, reference, prompts, null, null, options);
  const end = performance.now() + 1000 * budget;
  const first = (await trainer.step(1)).metrics;
  const steps: StepMetrics[] = [];
  do steps.push((await trainer.step(steps.length + 2)).metrics);
  while (steps.length < 15 && performance.now() + 1000 * first.step_time < end);
  await trainer.release();
  const middle = (value: (step: StepMetrics) => number) => median(steps.map(value));
  return {
    ...{ device: options.device, size, parameters, steps: steps.length },
    firstSeconds: first.step_time,
    stepSeconds: middle((step) => step.step_time),
    tokensPerSecond: middle((step) => step.tokens_per_second),
    rolloutSeconds: middle((step) => step['time/rollout']),
    referenceSeconds: middle((step) => step['time/reference']),
    updateSeconds: middle((step) => step['time/update']),
    featureShare: middle((step) => step['g2rl/feature_seconds'] / step.step_time),
  };
}

/** Of products of matrices, in 10⁹ operations a second: below that a step of 0.6 B parameters takes minutes. */
const leastSpeed = 1000;

/** Of both devices; none where there is no GPU. */
async function productSpeeds(): Promise<{ cpu?: number | undefined; webgpu?: number }> {
  let speed: { cpu?: number | undefined; webgpu?: number } = {};
  await measureAdapter((found) => {
    if (found.speed) speed = found.speed;
  }).catch(() => {});
  return speed;
}

const line = (cells: readonly string[]) => cells.map((cell) => cell.padStart(11)).join('');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '120' },
    threads: { type: 'string', default: '0' },
    sizes: { type: 'string' },
    devices: { type: 'string', default: devices.join(',') },
    prompts: { type: 'string', default: '16' },
    launches: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Name the policy folder.');
const sizes = (values.sizes ?? '0.8M,20M,100M,0.6B').split(',');
const chosen = devices.filter((device) => values.devices.split(',').includes(device));

if (values.launches !== undefined) await countLaunches(policyOf(values.launches, folder));
else await bench(folder);

/** The time is shared: half for the largest policy, a quarter for the next … */
async function bench(policyFolder: string): Promise<void> {
  const begun = performance.now();
  const limit = Number(values.seconds);
  const left = () => limit - (performance.now() - begun) / 1000;
  const threads = Number(values.threads);
  const measured: Measured[] = [];
  const failed: { what: string; reason: string }[] = [];
  const attempt = async <Result>(what: string, work: () => Promise<Result>): Promise<Result | null> => {
    if (left() < 0) {
      failed.push({ what, reason: `no time of ${limit} s left` });
      return null;
    }
    try {
      return await work();
    } catch (error) {
      failed.push({ what, reason: String(error) });
      return null;
    }
  };
  const plain = sizes.find((size) => !adapted[size]) ?? '0.8M';
  const both = chosen.length === devices.length;
  const agreed = both
    ? await attempt('agreement', () => agreement(() => policyOf(plain, policyFolder), threads))
    : null;
  for (const figure of Object.entries(agreed ?? {})) console.log(figure.join(': '));
  const launches: Record<string, unknown> = {};
  if (chosen.includes('webgpu')) {
    const command = [process.argv[1]!, policyFolder, '--launches', plain];
    const counted = await attempt('launches', async () =>
      launchesOf(spawnSync(process.execPath, command, { maxBuffer: 2 ** 30, encoding: 'utf8' }).stderr),
    );
    Object.assign(launches, counted);
    console.log(`launches (${plain}): ${JSON.stringify(launches)}`);
  }
  const heads = [
    'size',
    'device',
    'step s',
    'tokens/s',
    'rollout s',
    'reference s',
    'update s',
    'features',
    'first s',
    'steps',
  ];
  console.log(line(heads));
  const speeds = sizes.includes('0.6B') && values.sizes === undefined ? await productSpeeds() : null;
  for (const [index, size] of sizes.entries()) {
    for (const device of chosen) {
      const speed = speeds?.[device] ?? 0;
      if (size === '0.6B' && speeds && speed < leastSpeed) {
        const reason = `products of matrices at ${speed.toFixed(1)} GFLOP/s: a step would take too long`;
        failed.push({ what: `${size} ${device}`, reason });
        console.log(`${size} ${device}: ${reason}`);
        continue;
      }
      const share = left() / (2 * (sizes.length - index));
      const result = await attempt(`${size} ${device}`, () =>
        measure(size, policyFolder, runOptions(threads, device), share),
      );
      if (!result) {
        console.log(`${size} ${device}: ${failed.at(-1)?.reason}`);
        continue;
      }
      measured.push(result);
      const { stepSeconds, rolloutSeconds, referenceSeconds, updateSeconds, firstSeconds } = result;
      const seconds = [rolloutSeconds, referenceSeconds, updateSeconds].map((value) => value.toPrecision(3));
      const share100 = `${(100 * result.featureShare).toFixed(2)} %`;
      const tokens = result.tokensPerSecond.toFixed(0);
      const rest = [share100, firstSeconds.toPrecision(3), String(result.steps)];
      console.log(line([size, device, stepSeconds.toPrecision(3), tokens, ...seconds, ...rest]));
    }
  }
  const settings = { threads: runtimeOptions(threads).threads, seconds: limit };
  console.log(JSON.stringify({ settings, agreement: agreed, launches, measured, failed }));
}
