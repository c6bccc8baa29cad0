/** Low-rank adapters against PEFT, on random policies. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FeatureProgram } from '../../../../src/engines/embedded/features.js';
import { GradientAccumulator } from '../../../../src/engines/embedded/gradient.js';
import { LogProbabilities } from '../../../../src/engines/embedded/log-probabilities.js';
import {
  adapterFiles,
  adaptersFor,
  adaptPolicy,
  readAdapters,
  readBase,
} from '../../../../src/engines/embedded/model/adapted-policy.js';
import { initializeAdapters } from '../../../../src/engines/embedded/model/lora.js';
import { mergedPolicy } from '../../../../src/engines/embedded/model/merge.js';
import { openPolicyFolder } from '../../../../src/engines/embedded/model/policy-folder.js';
import { SafetensorsFile } from '../../../../src/engines/embedded/model/safetensors.js';
import { AdamW } from '../../../../src/engines/embedded/optimizer.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { chunkSequences, scatterToGrid } from '../../../../src/engines/embedded/sequences.js';
import { scratch } from '../../../scratch.js';
import { options, testOnProcessor } from './device.js';
import { largestError, loadCase, relativeError } from './parity-case.js';
import { fixturePolicy } from './saved-policy.js';

const fixtures = join(import.meta.dirname, '../../../fixtures/qwen3');

interface AdapterCase {
  loss: number;
  gradientNorm: number;
  rate: number;
  greedy: number[];
  prompt: number[];
  losses: string;
}

function loadAdapters(name: string) {
  const parity = loadCase(name);
  const folder = join(fixtures, name, 'adapters');
  const file = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as AdapterCase;
  const base = readBase(openPolicyFolder(fixturePolicy(name)), name, false);
  const { lora, adapters, values } = readAdapters(folder, base.config);
  const policy = adaptPolicy(base, lora, adapters, values);
  const arrays = SafetensorsFile.open(join(folder, 'expected.safetensors'));
  const expected = (array: string) => {
    const found = new Float32Array(arrays.tensors.get(array)!.size);
    arrays.readInto(array, found);
    return found;
  };
  /** PEFT's arrays under a prefix, in the order of the adapters. */
  const flat = (prefix: string) => {
    const result = new Float32Array(adapters.total);
    for (const { name: matrix, offset } of adapters.matrices)
      result.set(expected(`${prefix}.${matrix}`), offset);
    return result;
  };
  return { parity, file, policy, expected, flat };
}

type Loaded = ReturnType<typeof loadAdapters>;

async function policyGradient({ parity, file, policy }: Loaded, byLayers: boolean) {
  const { sequences, advantages, temperature, clipRange, config } = parity;
  const kind = parity.losses[file.losses]!;
  const objective = { kind: 'policy', settings: { ...kind, clipRange } } as const;
  const accumulator = new GradientAccumulator(config, policy.blocks, objective, options, { byLayers });
  const [old, reference] = [parity.perSequence('old'), parity.perSequence('reference')];
  const tokens = sequences.reduce((total, { completion }) => total + completion.length, 0);
  let loss = 0;
  for (const chunk of chunkSequences(sequences, 2, config.padTokenId)) {
    const grid = (value: (sequence: number, token: number) => number) =>
      scatterToGrid(chunk, sequences, value);
    const grids = {
      mask: chunk.mask,
      weights: grid(() => 1 / tokens),
      advantages: grid((sequence) => advantages[sequence]!),
      oldLogProbabilities: grid((sequence, token) => old[sequence]![token]!),
      referenceLogProbabilities: grid((sequence, token) => reference[sequence]![token]!),
      entropyWeights: grid(() => 1 / tokens),
    };
    loss += (await accumulator.add(policy.weights, chunk, temperature, grids)).loss!;
  }
  await accumulator.release();
  return { loss, gradient: accumulator.gradient };
}

const passes = [{ byLayers: false }, { byLayers: true }];
describe.each(['tied-grouped', 'untied-full'].flatMap((name) => passes.map((pass) => ({ name, ...pass }))))(
  '$name, by layers: $byLayers',
  ({ name, byLayers }) => {
    const loaded = loadAdapters(name);
    const { parity, file, policy, expected, flat } = loaded;

    test('log-probabilities', async () => {
      const { sequences, temperature, config } = parity;
      const scorer = new LogProbabilities(config, policy.blocks, options, { byLayers });
      const chunks = chunkSequences(sequences, 4, config.padTokenId);
      const scores = await scorer.score(policy.weights, sequences, chunks, temperature);
      const found = scores.flatMap((score) => [...score]);
      expect(largestError(found, expected('logProbabilities'))).toBeLessThan(2e-5);
      await scorer.release();
      // The reference is the base alone.
      const reference = new LogProbabilities(config, policy.base.blocks, options, { byLayers });
      const without = await reference.score(policy.weights, sequences, chunks, temperature);
      const all = without.flatMap((score) => [...score]);
      expect(largestError(all, parity.expected('logProbabilities'))).toBeLessThan(1e-5);
      await reference.release();
    });

    test('gradient and one update', async () => {
      const { loss, gradient } = await policyGradient(loaded, byLayers);
      expect(loss).toBeCloseTo(file.loss, 5);
      expect(relativeError(gradient, flat('gradient'))).toBeLessThan(1e-4);
      const weights = policy.weights.adapters.slice();
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, gradientClip: 0.5 };
      const optimizer = new AdamW(settings, weights);
      expect(optimizer.step(gradient, file.rate) / file.gradientNorm).toBeCloseTo(1, 4);
      expect(relativeError(weights, flat('updated'))).toBeLessThan(1e-5);
    });
  },
);

describe.each(['tied-grouped', 'untied-full'])('%s', (name) => {
  test('greedy continuation, and the same of the merged policy', async () => {
    const { parity, policy, file, expected } = loadAdapters(name);
    const merged = mergedPolicy(policy);
    for (const { name: parameter, offset, size } of merged.layout.parameters) {
      if (!parameter.endsWith('_proj.weight')) continue;
      const found = merged.weights.subarray(offset, offset + size);
      expect(relativeError(found, expected(`merged.${parameter}`))).toBeLessThan(1e-6);
    }
    const config = { ...parity.config, eosTokenIds: [] };
    const sampler = new Sampler(config, policy.blocks, options);
    const { responses } = await sampler.sample(policy.weights, {
      prompts: [file.prompt],
      samplesPerPrompt: 2,
      maxNewTokens: 10,
      temperature: 0,
      fillUniforms: () => {},
    });
    expect(responses.map(({ tokens }) => tokens)).toEqual([file.greedy, file.greedy]);
    await sampler.release();
  });

  test('adapters are written as PEFT has them, and fresh ones change nothing', async () => {
    const { parity, policy } = loadAdapters(name);
    const folder = scratch('adapters');
    for (const [file, bytes] of adapterFiles(policy)) writeFileSync(join(folder, file), bytes);
    const own = SafetensorsFile.open(join(folder, 'adapter_model.safetensors'));
    const theirs = SafetensorsFile.open(join(fixtures, name, 'adapters/adapter_model.safetensors'));
    expect([...own.tensors.keys()].sort()).toEqual([...theirs.tensors.keys()].sort());
    for (const [tensor, { shape, size }] of theirs.tensors) {
      expect(own.tensors.get(tensor)!.shape).toEqual(shape);
      const [a, b] = [new Float32Array(size), new Float32Array(size)];
      own.readInto(tensor, a);
      theirs.readInto(tensor, b);
      expect(a).toEqual(b);
    }
    expect(readAdapters(folder, policy.config, policy.adapters).values).toEqual(policy.weights.adapters);

    const fresh = adaptPolicy(
      policy.base,
      policy.lora,
      policy.adapters,
      initializeAdapters(policy.adapters, 7),
    );
    const { sequences, temperature, config } = parity;
    const scorer = new LogProbabilities(config, fresh.blocks, options);
    const chunks = chunkSequences(sequences, 4, config.padTokenId);
    const scores = await scorer.score(fresh.weights, sequences, chunks, temperature);
    const found = scores.flatMap((score) => [...score]);
    expect(largestError(found, parity.expected('logProbabilities'))).toBeLessThan(1e-5);
    await scorer.release();
    // As PEFT draws them: |A| ≤ 1/√columns, and spread.
    const [first] = policy.adapters.matrices;
    const values = fresh.weights.adapters.subarray(first!.offset, first!.offset + first!.size);
    const bound = 1 / Math.sqrt(first!.shape[1]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 0);
  });
});

// Software drivers have no float16.
testOnProcessor(
  'frozen weights that are stored in 16 bits may stay so: the numbers are the same',
  async () => {
    // What bfloat16 has, float16 has as well: values of eight bits.
    const folder = fixturePolicy('tied-grouped', 'BF16');
    const half = readBase(openPolicyFolder(folder), 'half', true);
    const single = readBase(openPolicyFolder(folder), 'single', false);
    expect(half.blocks.filter(({ type }) => type === 'float16').length).toBe(1 + 5 * half.config.layers);
    expect(single.blocks.every(({ type }) => type === 'float32')).toBe(true);
    const { sequences, temperature, greedy } = loadCase('tied-grouped');
    const lora = { rank: 2, alpha: 4, targets: 'all-linear' } as const;
    const adapters = adaptersFor(half.config, lora);
    const values = Float32Array.from({ length: adapters.total }, (_, index) => 0.1 * Math.sin(index));
    const results = [];
    for (const base of [half, single]) {
      const policy = adaptPolicy(base, lora, adapters, values);
      const { config, blocks, weights } = policy;
      for (const byLayers of [false, true]) {
        const accumulator = new GradientAccumulator(config, blocks, { kind: 'supervised' }, options, {
          byLayers,
        });
        for (const chunk of chunkSequences(sequences, 4, config.padTokenId)) {
          const grid = scatterToGrid(chunk, sequences, () => 0.1);
          await accumulator.add(weights, chunk, temperature, { weights: grid });
        }
        results.push(accumulator.gradient);
        await accumulator.release();
      }
      const sampler = new Sampler({ ...config, eosTokenIds: [] }, blocks, options);
      const rollout = await sampler.sample(weights, {
        prompts: [greedy[0]!.prompt],
        samplesPerPrompt: 1,
        maxNewTokens: 8,
        temperature: 0,
        fillUniforms: () => {},
      });
      await sampler.release();
      const features = await FeatureProgram.create(config, blocks, options);
      results.push(rollout.probabilitySums, await features.compute(weights, rollout));
      await features.release();
      results.push(mergedPolicy(policy).weights);
    }
    const count = results.length / 2;
    for (let index = 0; index < count; index++) {
      expect(relativeError(results[index]!, results[index + count]!)).toBeLessThan(1e-6);
    }
  },
);

test('what is wrong with adapters is said by file and key', () => {
  const base = readBase(openPolicyFolder(fixturePolicy('untied-full')), 'base', false);
  const { config } = base;
  expect(() => adaptersFor(config, { rank: 2, alpha: 4, targets: ['q_proj', 'qproj'] })).toThrow(
    'torch.lora.targets[1]: the policy has no linear module qproj in its 2 layers.',
  );
  const changed = (edit: (json: Record<string, unknown>) => void) => {
    const folder = scratch('adapters');
    const from = join(fixtures, 'untied-full/adapters');
    for (const name of readdirSync(from)) cpSync(join(from, name), join(folder, name));
    const path = join(folder, 'adapter_config.json');
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    edit(json);
    writeFileSync(path, JSON.stringify(json));
    return folder;
  };
  const refused = (edit: (json: Record<string, unknown>) => void) => () =>
    readAdapters(changed(edit), config);
  expect(refused((json) => Object.assign(json, { use_rslora: true }))).toThrow(
    /adapter_config\.json: use_rslora: /,
  );
  expect(refused((json) => Object.assign(json, { peft_type: 'IA3' }))).toThrow(
    /adapter_config\.json: peft_type: /,
  );
  expect(refused((json) => Object.assign(json, { init_lora_weights: 'pissa' }))).toThrow(/init_lora_weights/);
  expect(refused((json) => Object.assign(json, { r: 3 }))).toThrow(
    /adapter_model\.safetensors: base_model\.model\.model\.layers\.0\.self_attn\.q_proj\.lora_A\.weight has shape \[2, 24\]; .*\[3, 24\]/,
  );
  const other = readBase(openPolicyFolder(fixturePolicy('tied-grouped')), 'base', false);
  expect(() => readAdapters(join(fixtures, 'untied-full/adapters'), other.config)).toThrow(/has shape/);
  expect(() => readAdapters(join(fixtures, 'untied-full/adapters'), { ...config, layers: 1 })).toThrow(
    /belongs to no linear module of the base policy, which has 1 layers/,
  );
});
