import { expect, test } from 'vitest';
import { AdamW } from '../../../../src/engines/embedded/optimizer.js';
import { CounterRandom } from '../../../../src/random.js';

const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: 0.5 };

test('the norm of a million values is right to float32, and clips to its limit', () => {
  const random = new CounterRandom(1, 2);
  const gradient = Float32Array.from({ length: 2 ** 20 }, () => random.next() - 0.5);
  const weights = new Float32Array(gradient.length);
  const optimizer = new AdamW(settings, weights);
  const norm = optimizer.step(gradient, 1);

  const expected = Math.sqrt(gradient.reduce((sum, value) => sum + value ** 2, 0));
  expect(norm / expected).toBeCloseTo(1, 7);
  // The first moment is the clipped gradient times 1 − β₁.
  const moment = Math.sqrt(optimizer.firstMoment.reduce((sum, value) => sum + value ** 2, 0));
  expect(moment / (settings.gradientClip * (1 - settings.beta1))).toBeCloseTo(1, 5);
});
