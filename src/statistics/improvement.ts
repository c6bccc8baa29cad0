/** How likely a run of one is better than a run of the other. */

/** P(X > Y) of two runs drawn at random, ties half: Mann and Whitney's U over its maximum (arXiv 2108.13264, §4.3). */
export function probabilityOfImprovement(x: readonly number[], y: readonly number[]): number {
  let wins = 0;
  for (const a of x) for (const b of y) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (x.length * y.length);
}
