/**
 * One pass of each phase of training adapters on a model of Qwen3-0.6B's shape, with the memory that it takes:
 * `large-training.mjs <threads> <responses> <tokens of a response> <tokens of a prompt> <new tokens> [halves]`; the last
 * line is JSON. Sampling begins with a cache that is as long as at the end of a response.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FeatureProgram } from '../../src/engines/embedded/features.js';
import { GradientAccumulator } from '../../src/engines/embedded/gradient.js';
import { LogProbabilities } from '../../src/engines/embedded/log-probabilities.js';
import { adaptersFor, adaptPolicy, readBase } from '../../src/engines/embedded/model/adapted-policy.js';
import { initializeAdapters } from '../../src/engines/embedded/model/lora.js';
import { openPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { AdamW } from '../../src/engines/embedded/optimizer.js';
import { estimateEmbedded } from '../../src/engines/embedded/plan/memory.js';
import { rowsPerPass, sizeOf } from '../../src/engines/embedded/plan/pass-size.js';
import { rowsPerBatch } from '../../src/engines/embedded/plan/sampling-size.js';
import { Sampler } from '../../src/engines/embedded/rollout.js';
import { chunkSequences, scatterToGrid } from '../../src/engines/embedded/sequences.js';
import { modelShape } from '../../src/engines/memory/index.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { fillUniform } from '../../src/random.js';
import { peakRssBytes, seconds } from './index.js';
import { writeLargePolicy } from './large-policy.js';

const [threads, responses, length, prompt, newTokens] = process.argv.slice(2, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const inHalves = process.argv[7] === 'halves';
const folder = mkdtempSync(join(tmpdir(), 'g2rl-large-'));
const phases: Record<string, { seconds: number; peakBytes: number }> = {};

async function phase(name: string, work: () => Promise<unknown>): Promise<void> {
  phases[name] = { seconds: await seconds(work), peakBytes: peakRssBytes() };
  console.log(
    `${name}: ${phases[name].seconds.toFixed(1)} s, ${(phases[name].peakBytes / 2 ** 30).toFixed(2)} GiB`,
  );
}

try {
  const parameters = writeLargePolicy(folder);
  const lora = { rank: 16, alpha: 32, targets: 'all-linear' } as const;
  const options = { threads, device: 'cpu' } as const;
  const passes = inHalves ? { byLayers: true } : {};
  let base = null as unknown as ReturnType<typeof readBase>;
  await phase('load', async () => {
    base = readBase(openPolicyFolder(folder), 'large', inHalves);
  });
  // The tokenizer's own is no end here either: all responses have the full length.
  base.config = { ...base.config, eosTokenIds: [] };
  const { config } = base;
  const adapters = adaptersFor(config, lora);
  const policy = adaptPolicy(base, lora, adapters, initializeAdapters(adapters, 0));
  const { blocks, weights } = policy;
  const token = (index: number) => 1000 + ((index * 7919) % 140_000);
  const asked = Array.from({ length: prompt }, (_, index) => token(index));
  const sequences = Array.from({ length: responses }, (_, row) => ({
    prompt: asked,
    completion: Array.from({ length }, (_, index) => token(index + 1000 * row)),
  }));
  const rows = rowsPerPass(config, sizeOf(sequences), passes);
  const [chunk] = chunkSequences(sequences, rows, config.padTokenId);

  const reference = new LogProbabilities(config, base.blocks, options, passes);
  let scores: Float32Array[] = [];
  await phase('reference', async () => {
    scores = await reference.score(weights, sequences, [chunk!], 1);
  });
  await reference.release();

  const loss = {
    clipRange: 0.2,
    klCoefficient: 0.001,
    entropyCoefficient: 0,
    importanceSamplingLevel: 'token',
  } as const;
  const accumulator = new GradientAccumulator(
    config,
    blocks,
    { kind: 'policy', settings: loss },
    options,
    passes,
  );
  const tokens = responses * length;
  const grid = (value: (sequence: number, token: number) => number) =>
    scatterToGrid(chunk!, sequences, value);
  const own = (sequence: number, place: number) => scores[sequence]![place]!;
  await phase('gradient', () =>
    accumulator.add(weights, chunk!, 1, {
      mask: chunk!.mask,
      weights: grid(() => 1 / tokens),
      advantages: grid((sequence) => (sequence % 2 === 0 ? 1 : -1)),
      oldLogProbabilities: grid(own),
      referenceLogProbabilities: grid(own),
    }),
  );
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: 1 };
  const optimizer = new AdamW(settings, weights.adapters);
  await phase('optimizer', async () => optimizer.step(accumulator.gradient, 1e-5));
  await accumulator.release();

  const sampler = new Sampler(config, blocks, options);
  const batch = Math.min(64, rowsPerBatch(config, prompt + length));
  // A prompt as long as prompt and response together: the cache is full from the first token on.
  const longest = Array.from({ length: prompt + length - newTokens }, (_, index) => token(index));
  let rollout = null as unknown as Awaited<ReturnType<Sampler['sample']>>;
  const sample = async (count: number) => {
    rollout = await sampler.sample(weights, {
      prompts: [longest],
      samplesPerPrompt: batch,
      maxNewTokens: count,
      temperature: 1,
      fillUniforms: (target, position) => fillUniform(target, 0, 1, position * batch),
    });
  };
  await phase('prompt', () => sample(1));
  await phase('sampling', () => sample(newTokens));
  const features = await FeatureProgram.create(config, blocks, options);
  await phase('features', () => features.compute(weights, rollout));
  const experiment = experimentSchema.parse({
    policy: folder,
    task: { name: 'problems' },
    rollout: { promptsPerStep: 8, groupSize: 8, maxNewTokens: length },
    torch: { lora },
  });
  const estimate = estimateEmbedded(experiment, modelShape(folder)!, inHalves);
  console.log(
    JSON.stringify({ parameters, rows, packed: chunk!.shape.packed, batch, newTokens, phases, estimate }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
