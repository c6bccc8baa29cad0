/** An evaluation says what it needs of a GPU before one is chosen. */
import { expect, test } from 'vitest';
import type { DeviceNeeds } from '../../../../src/engines/contract/device-test.js';
import { evaluationRequestSchema } from '../../../../src/engines/contract/requests.js';
import { evaluateFolder } from '../../../../src/engines/embedded/evaluate-folder.js';
import { scratch } from '../../../scratch.js';
import { fixturePolicy } from './saved-policy.js';

async function needsOf(benchmark: object): Promise<DeviceNeeds> {
  let seen: DeviceNeeds | null | undefined;
  const request = { folder: fixturePolicy('tied-grouped'), threads: 1, samplesFolder: scratch('samples') };
  const evaluated = evaluateFolder(
    evaluationRequestSchema.parse({ ...request, device: 'webgpu', benchmark }),
    null,
    {
      stopRequested: () => false,
      log: () => {},
      onProgress: () => {},
      chooseDevice: async (_requested, _experiment, needs) => {
        seen = needs;
        throw new Error('seen');
      },
    },
  );
  await expect(evaluated).rejects.toThrow('seen');
  return seen!;
}

test('its weights, and the more the more tokens there are', async () => {
  const short = await needsOf({ samples: 4, maxNewTokens: 8 });
  const long = await needsOf({ samples: 4, maxNewTokens: 800 });
  const keys = ({ buffers }: DeviceNeeds) => buffers.find(({ name }) => name.startsWith('the keys'))!.bytes;
  expect(short.memory.parts.map(({ name }) => name)).toContain('weights');
  expect(keys(long)).toBeGreaterThan(10 * keys(short));
  expect(long.memory.bytes).toBeGreaterThan(short.memory.bytes);
});
