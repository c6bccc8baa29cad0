/** From the states of a text's tokens to one vector. */
import type { Pooling } from '../../../embeddings/index.js';

/**
 * Writes one vector a row of a batch into `target`, of unit length; all 0 for a text without tokens.
 *
 * @param states rows × tokens × width, row-major; padding on the right
 * @param lengths tokens of each row
 */
export function poolTokens(
  states: Float32Array,
  lengths: readonly number[],
  width: number,
  pooling: Pooling,
  target: (row: number) => Float32Array,
): void {
  const tokens = states.length / lengths.length / width;
  for (const [row, length] of lengths.entries()) {
    const state = (token: number) => {
      const start = (row * tokens + token) * width;
      return states.subarray(start, start + width);
    };
    if (length > 0) unitVector(pooled(state, length, width, pooling), target(row));
  }
}

function pooled(
  state: (token: number) => Float32Array,
  length: number,
  width: number,
  pooling: Pooling,
): ArrayLike<number> {
  if (pooling === 'cls') return state(0);
  if (pooling === 'last') return state(length - 1);
  if (pooling === 'max') {
    const largest = state(0).slice();
    for (let token = 1; token < length; token++) {
      const values = state(token);
      for (let column = 0; column < width; column++) {
        largest[column] = Math.max(largest[column]!, values[column]!);
      }
    }
    return largest;
  }
  // Of unit length a sum and a mean are the same.
  const sum = new Float64Array(width);
  for (let token = 0; token < length; token++) {
    const values = state(token);
    for (let column = 0; column < width; column++) sum[column]! += values[column]!;
  }
  return sum;
}

/** Scales to unit length; what has no direction becomes 0, what is not finite stays so. */
export function unitVector(values: ArrayLike<number>, target: Float32Array): void {
  let squares = 0;
  for (let column = 0; column < target.length; column++) squares += values[column]! ** 2;
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  for (let column = 0; column < target.length; column++) target[column] = values[column]! * scale;
}
