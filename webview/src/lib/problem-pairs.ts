/** Pairs of responses to a problem. Pure. */

/** How many responses the kept pairs are of: m of m(m−1)/2 pairs; 0 where they are of no whole number. */
export function keptResponses({ similarity }: { similarity?: readonly number[] | undefined }): number {
  const pairs = similarity?.length ?? 0;
  const m = (1 + Math.sqrt(1 + 8 * pairs)) / 2;
  return pairs > 0 && Number.isInteger(m) ? m : 0;
}
