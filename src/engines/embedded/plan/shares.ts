/** How a step is shared among threads: each computes a share of the responses, by graphs of its own. */
import { type PassSettings, type PassSize, type PolicySizes, rowsPerPass, wholeBytes } from './pass-size.js';

/** Larger policies are computed by all threads together: their products are worth it, and their weights exist once. */
const mostParameters = 8 * 2 ** 20;

/** More shares than this would have too few responses each. */
const mostShares = 8;

/** Cells of a pass of one share: more of them would only take more memory. */
const mostCells = 2560;

/** What the passes of all shares may hold together, where one pass of one share holds less. */
const sharedBytes = 2 ** 29;

/**
 * Threads that take a share each; 1 where all compute the same operators together.
 * @param threads of all shares together
 */
export function shareCount(parameters: number, threads: number): number {
  return parameters > mostParameters ? 1 : Math.min(threads, mostShares);
}

/**
 * Responses of a pass of each share, at most. Passes at the same time hold together what one pass does without shares,
 * or little.
 * @returns 0 where passes are too large to be computed at the same time
 */
export function rowsPerShare(
  config: PolicySizes,
  size: PassSize,
  settings: PassSettings,
  shares: number,
): number {
  const alone = rowsPerPass(config, size, settings);
  if (settings.rows !== undefined) return Math.floor(alone / shares);
  const bytes = (rows: number) => wholeBytes(config, { ...size, rows });
  const most = Math.max(bytes(alone), sharedBytes);
  let rows = Math.ceil(size.rows / shares);
  while (rows > 1 && (rows * size.length > mostCells || shares * bytes(rows) > most)) {
    rows = Math.ceil(rows / 2);
  }
  return shares * bytes(rows) > most ? 0 : rows;
}

/** Items dealt out so that all hands have as many, and about the same in all. */
export function dealOut(sizes: readonly number[], hands: number): number[][] {
  const dealt: number[][] = Array.from({ length: hands }, () => []);
  const largestFirst = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  for (const [turn, item] of largestFirst.entries()) {
    const round = Math.floor(turn / hands);
    const place = turn % hands;
    // There and back, lest the first hand always has the larger one.
    dealt[round % 2 === 0 ? place : hands - 1 - place]!.push(item);
  }
  return dealt;
}
