/** Adapters on a GPU: a step of them is measured, and their checkpoint is evaluated as on the processor. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceFindings } from '../../src/engines/contract/device-test.js';
import { evaluateFolder } from '../../src/engines/embedded/evaluate-folder.js';
import { stepSeconds } from '../../src/engines/embedded/step-trial.js';
import { evaluationRequestSchema } from '../../src/engines/contract/requests.js';
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
  await stepSeconds(experiment, (findings) => found.push(findings));
  expect(found.at(-1)?.stepSeconds?.webgpu).toBeGreaterThan(0);
  expect(found.at(-1)?.stepSeconds?.cpu).toBeGreaterThan(0);
});
