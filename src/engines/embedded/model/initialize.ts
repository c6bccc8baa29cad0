import { CounterRandom, streamOf } from '../../../random.js';
import type { ParameterLayout } from './parameters.js';

/** Standard deviation of fresh matrices, as transformers initializes Qwen3. */
const standardDeviation = 0.02;

/** Fresh parameters: matrices from a normal distribution, norms at 1. The same seed gives the same numbers. */
export function initializeParameters(layout: ParameterLayout, seed: number): Float32Array {
  const weights = new Float32Array(layout.total);
  layout.parameters.forEach(({ shape, offset, size }, index) => {
    const target = weights.subarray(offset, offset + size);
    if (shape.length === 1) {
      target.fill(1);
      return;
    }
    const random = new CounterRandom(seed, streamOf('initialization', index));
    for (let entry = 0; entry < size; entry++) {
      // Box–Muller; 1 − u lies in (0, 1], so that its logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
      target[entry] = standardDeviation * radius * Math.cos(2 * Math.PI * random.next());
    }
  });
  return weights;
}
