/** Advantages: rewards compared with those of the same prompt's other responses. */
import type { RewardScale } from './settings.js';
import { isUniform, present } from './shaping.js';

/** Added to the standard deviation, as TRL does. */
const deviationEpsilon = 1e-4;

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample standard deviation (n − 1); 0 for a single value. */
function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Group-relative advantages: A = (r − mean of the group) / (std + 1e-4), with the sample standard deviation
 * of the group or of the whole batch, or without the division. A uniform group has advantages of exactly 0, and so has a
 * response that is left out: the mean and deviation are those of the others.
 *
 * @param shaped groups × m rewards, group after group, NaN of a response that is left out
 * @param groupSize m
 * @returns groups × m advantages
 * @throws RangeError when the rewards are not whole groups
 */
export function advantages(shaped: Float64Array, groupSize: number, scale: RewardScale): Float64Array {
  if (!Number.isInteger(groupSize) || groupSize < 1 || shaped.length % groupSize !== 0) {
    throw new RangeError(`${shaped.length} rewards are not whole groups of ${groupSize}`);
  }
  const result = new Float64Array(shaped.length);
  const batchDeviation = scale === 'batch' ? sampleDeviation(present(shaped)) : 0;
  for (let start = 0; start < shaped.length; start += groupSize) {
    const group = present(shaped.subarray(start, start + groupSize));
    // Rounding of the mean must not become a signal of size 1e-12.
    if (isUniform(group)) continue;
    const centre = mean(group);
    const deviation = scale === 'group' ? sampleDeviation(group) : batchDeviation;
    const divisor = scale === 'none' ? 1 : deviation + deviationEpsilon;
    for (let i = start; i < start + groupSize; i++) {
      if (!Number.isNaN(shaped[i])) result[i] = (shaped[i]! - centre) / divisor;
    }
  }
  return result;
}
