/**
 * Which split a problem belongs to: decided by the problem alone, so that no seed and no setting can bring a
 * test problem into training. One problem in twenty is a test problem, one in twenty a validation problem.
 */

import { streamOf } from '../random.js';
import { promptId } from './countdown.js';
import type { Split } from './types.js';

const splitBuckets = 20;

/** The split of a problem; the order of its numbers does not matter. */
export function splitOf(numbers: readonly number[], target: number): Split {
  const bucket = streamOf(promptId(numbers, target)) % splitBuckets;
  return bucket === 0 ? 'test' : bucket === 1 ? 'validation' : 'train';
}
