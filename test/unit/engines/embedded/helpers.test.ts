/** Steps that threads share: the same results as without shares up to rounding, and bit for bit whoever is first. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Helpers } from '../../../../src/engines/embedded/helpers.js';
import { createLearner } from '../../../../src/engines/embedded/learner.js';
import { LogProbabilities } from '../../../../src/engines/embedded/log-probabilities.js';
import { planPasses } from '../../../../src/engines/embedded/pass-plan.js';
import { dealOut, rowsPerShare, shareCount } from '../../../../src/engines/embedded/plan/index.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { type Sequence, scatterToGrid } from '../../../../src/engines/embedded/sequences.js';
import { trainSupervised } from '../../../../src/engines/embedded/supervised.js';
import { fillUniform, streamOf } from '../../../../src/random.js';
import { largestError, loadCase, relativeError } from './parity-case.js';

const { config: parityConfig, blocks, weights } = loadCase('tied-grouped');
const config = { ...parityConfig, eosTokenIds: [5] };
const prompts = [[2], [3, 4], [7, 8, 9, 10, 11, 12], [4, 4, 4], [6]];
const samplesPerPrompt = 6;
const supervised = { kind: 'supervised' } as const;
const settings = { config, blocks, objective: supervised, passes: {} };

let folder: string;
let helper: string;

beforeAll(async () => {
  // Where the thread finds ONNX Runtime.
  folder = mkdtempSync(join('node_modules', '.engine-share-'));
  helper = join(process.cwd(), folder, 'engine-share.cjs');
  await build({
    entryPoints: ['src/engines/embedded/share-worker.ts'],
    outfile: helper,
    bundle: true,
    platform: 'node',
    external: ['onnxruntime-node'],
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const optionsOf = (threads: number) => ({ device: 'cpu', threads, helper }) as const;

async function withHelpers<Result>(
  shares: number,
  use: (helpers: Helpers | null) => Promise<Result>,
): Promise<Result> {
  const helpers = Helpers.start(settings, weights, optionsOf(shares));
  expect(helpers?.shares ?? 1).toBe(shares);
  try {
    return await use(helpers);
  } finally {
    await helpers?.release();
  }
}

function sample(shares: number, asked = prompts) {
  return withHelpers(shares, async (helpers) => {
    const sampler = new Sampler(config, blocks, optionsOf(1), helpers);
    const rollout = await sampler.sample(weights, {
      prompts: asked,
      samplesPerPrompt,
      maxNewTokens: 8,
      temperature: 0.8,
      fillUniforms: (target, position) =>
        fillUniform(target, 1, streamOf('sampling', 1), position * asked.length * samplesPerPrompt),
    });
    await sampler.release();
    return rollout;
  });
}

async function sequencesOf(): Promise<Sequence[]> {
  const { responses } = await sample(1);
  return responses.map(({ tokens }, row) => ({
    prompt: prompts[Math.floor(row / samplesPerPrompt)]!,
    completion: tokens,
  }));
}

function gradient(shares: number, sequences: readonly Sequence[]) {
  return withHelpers(shares, async (helpers) => {
    const optimization = {
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0,
      gradientClip: 1,
    };
    const learner = await createLearner(
      { ...settings, weights, optimization, resumed: null, helpers },
      optionsOf(1),
    );
    const { chunks, hands } = planPasses(config, sequences, {}, 'cpu', shares);
    const passes = chunks.map((chunk) => ({
      chunk,
      grids: { weights: scatterToGrid(chunk, sequences, () => 1 / 50) },
    }));
    const sums = await learner.gradient(passes, hands, 1);
    const loss = sums.reduce((total, pass) => total + pass.loss!, 0);
    const result = { loss, gradient: learner.accumulator.gradient.slice() };
    await learner.release();
    return result;
  });
}

describe('shares give what one thread gives', () => {
  test.each([2, 3, 8])('%d shares: samples', async (shares) => {
    for (const asked of [prompts, prompts.slice(0, 1)]) {
      const [alone, shared] = [await sample(1, asked), await sample(shares, asked)];
      expect(shared.responses.map(({ tokens }) => tokens)).toEqual(
        alone.responses.map(({ tokens }) => tokens),
      );
      expect(shared.responses.map(({ finished }) => finished)).toEqual(
        alone.responses.map(({ finished }) => finished),
      );
      for (const [row, { logProbabilities }] of shared.responses.entries()) {
        expect(largestError(logProbabilities, alone.responses[row]!.logProbabilities)).toBeLessThan(1e-5);
      }
      expect(largestError(shared.probabilitySums, alone.probabilitySums)).toBeLessThan(1e-5);
    }
  });

  test.each([2, 3, 8])('%d shares: log-probabilities', async (shares) => {
    const sequences = await sequencesOf();
    const score = (count: number) =>
      withHelpers(count, async (helpers) => {
        const scorer = new LogProbabilities(config, blocks, optionsOf(1), {}, helpers);
        const { chunks, hands } = planPasses(config, sequences, {}, 'cpu', count);
        const scores = await scorer.score(weights, sequences, chunks, 0.8, hands);
        await scorer.release();
        return scores;
      });
    const [alone, shared] = [await score(1), await score(shares)];
    for (const [row, scores] of shared.entries()) {
      expect(scores).toHaveLength(sequences[row]!.completion.length);
      expect(largestError(scores, alone[row]!)).toBeLessThan(1e-5);
    }
  });

  test.each([2, 3, 8])('%d shares: gradients, and the same ones bit for bit again', async (shares) => {
    const sequences = await sequencesOf();
    const alone = await gradient(1, sequences);
    const shared = await gradient(shares, sequences);
    expect(shared.loss).toBeCloseTo(alone.loss, 5);
    expect(relativeError(shared.gradient, alone.gradient)).toBeLessThan(1e-5);
    expect(await gradient(shares, sequences)).toEqual(shared);
  });
});

test('training with shares ends with the same weights bit for bit each time', async () => {
  const sequences = await sequencesOf();
  const train = async () => {
    const trained = weights.slice();
    await trainSupervised(
      { config, blocks, weights: trained },
      {
        steps: 5,
        batchSize: sequences.length,
        learningRate: 1e-2,
        warmupSteps: 0,
        schedule: 'constant',
        beta1: 0.9,
        beta2: 0.99,
        epsilon: 1e-8,
        weightDecay: 0,
        gradientClip: 1,
      },
      (step) => sequences.slice(step % 3),
      optionsOf(2),
      () => {},
    );
    return trained;
  };
  const trained = await train();
  expect(trained).not.toEqual(weights);
  expect(await train()).toEqual(trained);
});

test('a thread that cannot start fails the step, which does not wait for it', async () => {
  const program = join(folder, 'broken.cjs');
  writeFileSync(program, 'throw new Error("The share is broken.");');
  const helpers = Helpers.start(settings, weights, { ...optionsOf(2), helper: join(process.cwd(), program) });
  const sampler = new Sampler(config, blocks, optionsOf(1), helpers);
  const request = { prompts, samplesPerPrompt, maxNewTokens: 4, temperature: 0, fillUniforms: () => {} };
  for (const _ of ['while it starts', 'afterwards']) {
    await expect(sampler.sample(weights, request)).rejects.toThrow('The share is broken.');
  }
  await helpers?.release();
  await sampler.release();
});

describe('what is shared', () => {
  const shipped = {
    vocabSize: 32,
    hiddenSize: 128,
    layers: 4,
    heads: 4,
    kvHeads: 2,
    headDim: 32,
    intermediateSize: 384,
    tieWordEmbeddings: true,
  };

  test('only the steps of small policies, on several threads of the processor', () => {
    expect(shareCount(800_000, 1)).toBe(1);
    expect(shareCount(800_000, 2)).toBe(2);
    expect(shareCount(800_000, 64)).toBe(8);
    expect(shareCount(20_000_000, 64)).toBe(1);
    expect(Helpers.start(settings, weights, { device: 'cpu', threads: 2 })).toBeNull();
    expect(Helpers.start(settings, weights, { device: 'webgpu', threads: 2, helper })).toBeNull();
    const adapted = { base: new Map(), adapters: weights };
    expect(Helpers.start(settings, adapted, optionsOf(2))).toBeNull();
  });

  test('passes that hold together what one held, and none where one takes all the memory there is for it', () => {
    const size = { rows: 256, length: 33, prefix: 12 };
    expect(rowsPerShare(shipped, size, {}, 2)).toBe(64);
    expect(rowsPerShare(shipped, { ...size, length: 12 }, {}, 2)).toBe(128);
    expect(rowsPerShare(shipped, size, { rows: 32 }, 4)).toBe(8);
    expect(rowsPerShare(shipped, size, { rows: 2 }, 4)).toBe(0);
    expect(rowsPerShare(shipped, { ...size, length: 30_000 }, {}, 2)).toBe(0);
  });

  test('as many groups for each, long and short ones', () => {
    expect(dealOut([5, 9, 1, 7], 2)).toEqual([
      [1, 2],
      [3, 0],
    ]);
    expect(dealOut([1], 1)).toEqual([[0]]);
  });
});
