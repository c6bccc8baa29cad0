import { expect, test } from 'vitest';
import { trainSupervised } from '../../../../src/engines/embedded/supervised.js';
import { options } from './device.js';
import { loadCase } from './parity-case.js';

test('weights that are no numbers end the training with what to do', async () => {
  const { config, blocks, weights } = loadCase('tied-grouped');
  const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: 1 };
  const settings = { steps: 1, batchSize: 1, learningRate: 1, warmupSteps: 0, ...optimizer };
  const model = { config, blocks, weights: weights.map(() => Number.NaN) };
  const batch = () => [{ prompt: [2, 3], completion: [4, 5] }];
  const training = trainSupervised(model, { ...settings, schedule: 'constant' }, batch, options, () => {});
  await expect(training).rejects.toMatchObject({
    name: 'InputError',
    message: 'The loss is not a number at step 1.',
    hint: 'Lower the learning rate.',
  });
});
