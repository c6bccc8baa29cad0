/** Bins of distributions: as a table to save, and by keyboard. Pure. */
import type { SavedTable } from '../../../src/contract/index.js';

/** An edge of a bin of S, from −1 to 1, without the noise of adding. */
const edge = (bin: number, bins: number): number => Number((-1 + (2 * bin) / bins).toFixed(6));

/** Counts of pairs by bins of S: a row for each bin, a column for each distribution; all have as many bins. */
export function similarityTable(
  distributions: readonly { name: string; histogram: readonly number[] }[],
): SavedTable {
  const bins = distributions[0]?.histogram.length ?? 0;
  return {
    columns: ['S_from', 'S_to', ...distributions.map(({ name }) => name)],
    rows: Array.from({ length: bins }, (_, bin) => [
      edge(bin, bins),
      edge(bin + 1, bins),
      ...distributions.map(({ histogram }) => histogram[bin] ?? 0),
    ]),
  };
}

/**
 * The bin that a key goes to, from one filled bin to the next.
 * @param filled bins that have something, ascending
 * @returns null where there is no further one, undefined for keys that do not move
 */
export function binByKey(
  key: string,
  filled: readonly number[],
  now: number | null,
): number | null | undefined {
  const from = now ?? -1;
  const before = filled.findLast((bin) => bin < from);
  const after = filled.find((bin) => bin > from);
  const targets: Record<string, number | undefined> = {
    ArrowLeft: before,
    ArrowDown: before,
    ArrowRight: after,
    ArrowUp: after,
    Home: filled[0],
    End: filled.at(-1),
  };
  return Object.hasOwn(targets, key) ? (targets[key] ?? null) : undefined;
}
