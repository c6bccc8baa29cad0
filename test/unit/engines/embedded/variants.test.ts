/** Every variant of a policy's files gives what transformers makes of it, or is refused by file and key. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { weightBlocks } from '../../../../src/engines/embedded/model/blocks.js';
import { type Policy, readPolicyFolder } from '../../../../src/engines/embedded/model/policy-folder.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { InputError } from '../../../../src/errors.js';
import { scratch } from '../../../scratch.js';
import { options } from './device.js';
import { largestError } from './parity-case.js';
import { policyLogits } from './policy-logits.js';

/** A line of variants.json, as make_variants.py says. */
interface Variant {
  name: string;
  config?: Record<string, unknown>;
  remove?: string[];
  files?: Record<string, unknown>;
  weights: string | string[];
  logits?: string;
  ends?: number[];
  error?: string;
  refused?: string;
}

interface Variants {
  tokens: number[];
  base: Record<string, unknown>;
  weights: Record<string, string>;
  logits: Record<string, number[][]>;
  models: Variant[];
}

const variants = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../fixtures/qwen3/variants.json'), 'utf8'),
) as Variants;
const countdown = resolve(import.meta.dirname, '../../../../media/policies/countdown');

function tensorNames(file: Buffer): string[] {
  const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE())).toString()) as object;
  return Object.keys(header).filter((name) => name !== '__metadata__');
}

function written({ config, remove = [], files = {}, weights }: Variant): string {
  const folder = join(scratch(), 'policy');
  mkdirSync(folder);
  const write = (name: string, content: unknown) =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  const entries = Object.entries({ ...variants.base, ...config }).filter(([key]) => !remove.includes(key));
  write('config.json', Object.fromEntries(entries));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    cpSync(join(countdown, name), join(folder, name));
  }
  for (const [name, content] of Object.entries(files)) write(name, content);
  const bytes = (name: string) => Buffer.from(variants.weights[name]!, 'base64');
  if (typeof weights === 'string') {
    writeFileSync(join(folder, 'model.safetensors'), bytes(weights));
    return folder;
  }
  for (const name of weights) writeFileSync(join(folder, `${name}.safetensors`), bytes(name));
  const map = weights.flatMap((shard) =>
    tensorNames(bytes(shard)).map((name) => [name, `${shard}.safetensors`]),
  );
  write('model.safetensors.index.json', { weight_map: Object.fromEntries(map) as object });
  return folder;
}

async function sampledToken(policy: Policy, tokens: number[]) {
  const sampler = new Sampler(policy.config, weightBlocks(policy.config, policy.layout), options);
  const { responses } = await sampler.sample(policy.weights, {
    prompts: [tokens],
    samplesPerPrompt: 1,
    maxNewTokens: 1,
    temperature: 1,
    fillUniforms: (target) => target.fill(0.5),
  });
  await sampler.release();
  return { token: responses[0]!.tokens[0]!, logProbability: responses[0]!.logProbabilities[0]! };
}

test.each(variants.models)('$name', async (variant) => {
  const folder = written(variant);
  if (variant.refused !== undefined) {
    const read = async () => policyLogits(readPolicyFolder(folder), variants.tokens);
    const error: unknown = await read().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toContain(variant.refused);
    expect((error as InputError).message).toContain(folder);
    expect((error as InputError).hint).not.toBe('');
    return;
  }
  expect(variant.error).toBeUndefined();
  const policy = readPolicyFolder(folder);
  const expected = variants.logits[variant.logits!]!;
  const found = await policyLogits(policy, variants.tokens);
  expect(found).toHaveLength(expected.length);
  expect(largestError(found.flat(), expected.flat())).toBeLessThan(1e-4);
  // Decoding, which keeps keys and values, computes the same.
  if (policy.config.maxPositions > variants.tokens.length) {
    const { token, logProbability } = await sampledToken(policy, variants.tokens);
    const last = expected.at(-1)!;
    const total = Math.log(last.reduce((sum, value) => sum + Math.exp(value), 0));
    expect(Math.abs(logProbability - (last[token]! - total))).toBeLessThan(1e-4);
  }
  expect(policy.config.eosTokenIds.toSorted((a, b) => a - b)).toEqual(variant.ends);
});

test('most variants are run, not refused', () => {
  const refused = variants.models.filter((variant) => variant.refused !== undefined);
  expect(variants.models.length - refused.length).toBeGreaterThan(90);
});
