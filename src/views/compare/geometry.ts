/** The geometry of a variant's groups: how their directions overlap, and what that does to the rewards. Pure. */
import type { VariantGeometry } from '../../contract/index.js';
import type { GroupRecord } from '../../runs/protocol/index.js';

/** Bins of S from −1 to 1. */
export const similarityBins = 40;

/** @param runs groups of each run that has any */
export function geometryOf(name: string, runs: readonly (readonly GroupRecord[])[]): VariantGeometry {
  const groups = runs.flat();
  const histogram = Array.from({ length: similarityBins }, () => 0);
  const overlaps = new Mean();
  const exploration = new Mean();
  const scaler = new Mean();
  let negative = 0;
  for (const group of groups) {
    for (const value of group.similarity) {
      if (!Number.isFinite(value)) continue;
      overlaps.add(value);
      if (value < 0) negative++;
      const bin = Math.floor(((value + 1) / 2) * similarityBins);
      histogram[Math.min(similarityBins - 1, Math.max(0, bin))]!++;
    }
    for (const value of group.exploration) exploration.add(value);
    for (const value of group.scalers) scaler.add(value);
  }
  const flat = groups.filter(({ shaped }) => shaped.every((value) => value === shaped[0])).length;
  return {
    name,
    runs: runs.length,
    groups: groups.length,
    histogram,
    pairs: overlaps.count,
    mean: overlaps.value,
    negative: overlaps.count === 0 ? null : negative / overlaps.count,
    exploration: exploration.value,
    scaler: scaler.value,
    withoutSignal: groups.length === 0 ? null : flat / groups.length,
  };
}

class Mean {
  count = 0;
  #sum = 0;

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    this.count++;
    this.#sum += value;
  }

  get value(): number | null {
    return this.count === 0 ? null : this.#sum / this.count;
  }
}
