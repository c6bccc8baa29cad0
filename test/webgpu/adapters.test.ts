/** Adapters on a GPU: a step of them is measured, and their checkpoint is evaluated as on the processor. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceFindings } from '../../src/engines/contract/device-test.js';
import { evaluationRequestSchema } from '../../src/engines/contract/requests.js';
import { evaluateFolder } from '../../src/engines/embedded/evaluate-folder.js';
import { stepSeconds } from '../../src/engines/embedded/step-trial.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { scratch } from '../scratch.js';
import { fixturePolicy } from '../unit/engines/embedded/saved-policy.js';

test.each([{}, { gradientCheckpointing: true }])('a step of adapters is measured: %o', async (passes) => {
  const found: DeviceFindings[] = [];
  const experiment = experimentSchema.parse({
    policy: fixturePolicy('tied-grouped'),
    rollout: { promptsPerStep: 2, groupSize: 2, maxNewTokens: 4 },
    torch: { lora: { rank: 4 }, ...passes },
  });
  await stepSeconds(experiment, null, (findings) => found.push(findings));
  expect(found.at(-1)?.stepSeconds?.webgpu).toBeGreaterThan(0);
  expect(found.at(-1)?.stepSeconds?.cpu).toBeGreaterThan(0);
});

/** PEFT's adapters on a policy in a folder. */
function adaptersOn(base: string): string {
  const folder = scratch('adapters');
  const from = join(import.meta.dirname, '../fixtures/qwen3/tied-grouped/adapters');
  cpSync(join(from, 'adapter_model.safetensors'), join(folder, 'adapter_model.safetensors'));
  const config = JSON.parse(readFileSync(join(from, 'adapter_config.json'), 'utf8')) as object;
  const named = { ...config, base_model_name_or_path: base };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(named));
  return folder;
}

test('a checkpoint of adapters is evaluated as on the processor', async () => {
  const folder = adaptersOn(fixturePolicy('tied-grouped'));
  const evaluate = (device: 'cpu' | 'webgpu') => {
    const benchmark = { samples: 4, limit: 6, maxNewTokens: 8 };
    const request = { folder, threads: 1, samplesFolder: scratch('samples'), device, benchmark };
    return evaluateFolder(evaluationRequestSchema.parse(request), null, {
      stopRequested: () => false,
      log: () => {},
      onProgress: () => {},
      chooseDevice: async () => ({ device, name: device === 'cpu' ? null : 'a GPU', memoryBytes: null }),
    });
  };
  const expected = (await evaluate('cpu'))!;
  const found = (await evaluate('webgpu'))!;
  expect(found.pass_at_1).toBe(expected.pass_at_1);
  expect(found.similarity_mean!).toBeCloseTo(expected.similarity_mean!, 4);
});
