/** Real trainer processes on a tiny policy, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFolder } from '../../src/engines/embedded/model/checkpoint.js';
import { initializeParameters } from '../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../src/engines/embedded/model/parameters.js';
import { policyFiles } from '../../src/engines/embedded/model/policy-folder.js';
import { Tokenizer } from '../../src/engines/embedded/model/tokenizer.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import type { RunManifest, RunStatus } from '../../src/runs/protocol/schema.js';
import { RUN_SCHEMA_VERSION } from '../../src/runs/protocol/version.js';
import { countdownTokenizer } from '../../src/tasks/countdown-tokenizer.js';
import { scratch } from '../scratch.js';

export const trainerPath = resolve(import.meta.dirname, '../../dist/trainer.cjs');

/** A tokenizer that writes any text, a token a byte; token 256 ends a response. */
function byteTokenizer(): Tokenizer {
  // The bytes that are characters of their own in byte-level vocabularies; the others come after 255.
  const own = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  const vocabulary = Object.fromEntries(
    Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(own(byte) ? byte : next++), byte]),
  );
  const tokenizer = {
    version: '1.0',
    added_tokens: [
      {
        id: 256,
        content: '<end>',
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: vocabulary, merges: [] },
  };
  // Without its class transformers would take Qwen's, and give it tokens that this policy does not have.
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', eos_token: '<end>', pad_token: '<end>' };
  return Tokenizer.parse(
    { tokenizer: JSON.stringify(tokenizer), config: JSON.stringify(config) },
    'tokenizer.json',
  );
}

/** A random policy that reads and writes any text. */
export function writeBytePolicy(folder: string): string {
  const config = {
    vocabSize: 257,
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    headDim: 8,
    intermediateSize: 24,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
    maxPositions: 512,
    padTokenId: 256,
    eosTokenIds: [256],
    bosTokenId: null,
  };
  const layout = parameterLayout(config);
  const weights = initializeParameters(layout, 3);
  writeFolder(folder, policyFiles({ config, layout, weights, tokenizer: byteTokenizer() }));
  return folder;
}

/**
 * A random Countdown policy of 5,000 parameters. `matrixScale` multiplies its matrices: fresh ones are so small that
 * every prompt has the same likeliest answer.
 */
export function writeTinyPolicy(folder: string, matrixScale = 1): string {
  const config = {
    vocabSize: 21,
    hiddenSize: 16,
    layers: 2,
    heads: 2,
    kvHeads: 1,
    headDim: 8,
    intermediateSize: 24,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
    maxPositions: 64,
    padTokenId: 0,
    eosTokenIds: [1],
    bosTokenId: null,
  };
  const layout = parameterLayout(config);
  const files = countdownTokenizer();
  const tokenizer = Tokenizer.parse(
    { tokenizer: JSON.stringify(files.tokenizer), config: JSON.stringify(files.config) },
    'tokenizer.json',
  );
  const weights = initializeParameters(layout, 3);
  for (const { shape, offset, size } of layout.parameters) {
    if (shape.length < 2) continue;
    for (let entry = offset; entry < offset + size; entry++) weights[entry]! *= matrixScale;
  }
  writeFolder(folder, policyFiles({ config, layout, weights, tokenizer }));
  return folder;
}

/** A run directory as the launcher makes it, of a run that takes a few seconds. */
export function makeRun(
  change: Record<string, unknown> = {},
  matrixScale = 1,
  writePolicy: (folder: string, matrixScale: number) => string = writeTinyPolicy,
): string {
  const root = scratch('run');
  const policy = writePolicy(join(root, 'policy'), matrixScale);
  const directory = join(root, 'run');
  mkdirSync(join(directory, 'control'), { recursive: true });
  const experiment = experimentSchema.parse({
    policy,
    device: 'cpu',
    threads: 1,
    // A random policy is never right: only the shaping of all-wrong groups gives it a gradient.
    method: { uniformGroups: 'all' },
    rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8 },
    optimization: { steps: 12, learningRate: 1e-3, minibatches: 2 },
    evaluation: { every: 6, benchmarks: [{ samples: 4, limit: 8 }] },
    checkpoints: { every: 4 },
    ...change,
  });
  const manifest: RunManifest = {
    schema: RUN_SCHEMA_VERSION,
    id: 'run',
    name: 'run',
    createdAt: new Date(0).toISOString(),
    experiment,
    experimentFile: null,
    engine: 'embedded',
    device: 'CPU, 1 thread',
    policyChecksum: createHash('sha256')
      .update(readFileSync(join(policy, 'model.safetensors')))
      .digest('hex'),
    versions: {},
    git: null,
    seed: 0,
    parent: null,
  };
  writeFileSync(join(directory, 'run.json'), JSON.stringify(manifest));
  return directory;
}

export function startTrainer(directory: string, nodeOptions: string[] = []): ChildProcess {
  const request = JSON.stringify({ directory });
  return spawn(process.execPath, [...nodeOptions, trainerPath, 'run', request], { stdio: 'ignore' });
}

/** Resolves with the exit code, or the signal's name. */
export function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((finish) => child.once('exit', (code, signal) => finish(code ?? signal ?? 'unknown')));
}

export function readStatus(directory: string): RunStatus | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')) as RunStatus;
  } catch {
    return null;
  }
}

/** Waits for a condition, looking often; fails after a minute. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('The condition did not become true within a minute.');
    await new Promise((finish) => setTimeout(finish, 5));
  }
}

export function readLines<Line>(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
}
