/**
 * Loading and sampling a model of Qwen3-0.6B's shape: random weights, bfloat16, in shards with an index, as the hub has
 * them. `large-model.mjs <threads> <responses> <new tokens>`; the last line is JSON.
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import { type ModelConfig, toHuggingFaceConfig } from '../../src/engines/embedded/model/config.js';
import { parameterLayout } from '../../src/engines/embedded/model/parameters.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { Sampler } from '../../src/engines/embedded/rollout.js';
import { CounterRandom, fillUniform } from '../../src/random.js';
import { countdownTokenizer } from '../../src/tasks/countdown-tokenizer.js';
import { peakRssBytes } from './index.js';

const config: ModelConfig = {
  vocabSize: 151_936,
  hiddenSize: 1024,
  layers: 28,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 3072,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 1_000_000,
  tieWordEmbeddings: true,
  maxPositions: 40_960,
  padTokenId: 151_643,
  // No token ends a response: all have the full length.
  eosTokenIds: [],
  bosTokenId: null,
};

const shardBytes = 400 * 2 ** 20;

/** bfloat16 keeps the upper half of a float32. Numbers are repeated: only their size matters here. */
function randomValues(): Uint16Array {
  const random = new CounterRandom(0, 1);
  const values = Float32Array.from({ length: 2 ** 16 }, () => (random.next() - 0.5) * 0.07);
  const bits = new Uint32Array(values.buffer);
  return Uint16Array.from(bits, (word) => word >>> 16);
}

/** Writes config, tokenizer, shards and their index; the data of a tensor in pieces. */
function writeModel(folder: string): number {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(toHuggingFaceConfig(config)));
  const { tokenizer, config: tokenizerConfig } = countdownTokenizer();
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
  const { parameters, total } = parameterLayout(config);
  const shards: (typeof parameters)[] = [[]];
  let inShard = 0;
  for (const parameter of parameters) {
    if (inShard > 0 && inShard + 2 * parameter.size > shardBytes) {
      shards.push([]);
      inShard = 0;
    }
    shards.at(-1)!.push(parameter);
    inShard += 2 * parameter.size;
  }
  const random = randomValues();
  const map: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const name = `model-${String(index + 1).padStart(5, '0')}-of-${String(shards.length).padStart(5, '0')}.safetensors`;
    let offset = 0;
    const header: Record<string, object> = {};
    for (const { name: tensor, shape, size } of shard) {
      header[tensor] = { dtype: 'BF16', shape, data_offsets: [offset, offset + 2 * size] };
      offset += 2 * size;
      map[tensor] = name;
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const file = openSync(join(folder, name), 'w');
    for (const part of [length, text]) writeSync(file, part);
    const bytes = Buffer.from(random.buffer);
    for (let left = offset; left > 0; ) left -= writeSync(file, bytes, 0, Math.min(left, bytes.length));
    closeSync(file);
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  return total;
}

const [threads, responses, newTokens] = process.argv.slice(2).map(Number) as [number, number, number];
const folder = mkdtempSync(join(tmpdir(), 'g2rl-large-'));
try {
  const parameters = writeModel(folder);
  const start = performance.now();
  const policy = readPolicyFolder(folder);
  const loadSeconds = (performance.now() - start) / 1000;
  // The tokenizer's own is no end here either.
  policy.config = { ...policy.config, eosTokenIds: [] };
  const blocks = weightBlocks(policy.config, policy.layout);
  const sampler = new Sampler(policy.config, blocks, runtimeOptions(threads));
  const sample = async (maxNewTokens: number) => {
    const began = performance.now();
    await sampler.sample(policy.weights, {
      prompts: [Array.from({ length: 100 }, (_, index) => 1000 + index)],
      samplesPerPrompt: responses,
      maxNewTokens,
      temperature: 1,
      fillUniforms: (target, position) => fillUniform(target, 0, 1, position * responses),
    });
    return (performance.now() - began) / 1000;
  };
  // The prompt and the first token are in both: the difference is decoding alone.
  await sample(1);
  const first = await sample(1);
  const whole = await sample(newTokens + 1);
  console.log(
    JSON.stringify({
      parameters,
      loadSeconds,
      promptSeconds: first,
      tokensPerSecond: (responses * newTokens) / (whole - first),
      peakBytes: peakRssBytes(),
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
