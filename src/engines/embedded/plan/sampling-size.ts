/** How many responses are sampled at once, by the memory that their keys and values take. */
import type { PolicySizes } from './pass-size.js';

/** What the keys, values and distributions of a batch may take. */
const batchBytes = 3 * 2 ** 30;

/** Matrices of a distribution over the vocabulary for each response: sums, and those of one position. */
const distributionsAlive = 6;

/** Bytes of a response while it is sampled. @param positions of prompt and response together */
export function rowBytes(config: PolicySizes, positions: number): number {
  const cache = 2 * config.layers * positions * config.kvHeads * config.headDim;
  return 4 * (cache + distributionsAlive * config.vocabSize);
}

/** Responses of a batch, at least one. */
export function rowsPerBatch(config: PolicySizes, positions: number): number {
  return Math.max(1, Math.floor(batchBytes / rowBytes(config, positions)));
}
