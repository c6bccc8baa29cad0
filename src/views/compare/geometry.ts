/** The geometry of a variant: how the directions of responses overlap, in its groups and in its evaluations. Pure. */
import type { EvaluatedGeometry, VariantGeometry } from '../../contract/index.js';
import { similarityHistogram } from '../../g2rl/index.js';
import { isSilent } from '../../runs/facts/index.js';
import type { BenchmarkRecord, GroupRecord } from '../../runs/protocol/index.js';

/** Bins of S from −1 to 1. */
export const similarityBins = 40;

/** @param runs groups of each run that has any */
export function geometryOf(name: string, runs: readonly (readonly GroupRecord[])[]): VariantGeometry {
  const groups = runs.flat();
  const histogram = similarityHistogram(pairsOf(groups), similarityBins);
  const overlaps = new Mean();
  const exploration = new Mean();
  const scaler = new Mean();
  let negative = 0;
  for (const group of groups) {
    for (const value of group.similarity) {
      if (!Number.isFinite(value)) continue;
      overlaps.add(value);
      if (value < 0) negative++;
    }
    for (const value of group.exploration) exploration.add(value);
    for (const value of group.scalers) scaler.add(value);
  }
  const isFlat = (values: readonly number[]) => values.every((value) => value === values[0]);
  // Another program's log has no shaped rewards, and may not tell of the rewards either.
  const signals = groups
    .map((group) => (group.shaped.length > 0 ? isFlat(group.shaped) : isSilent(group)))
    .filter((silent) => silent !== null);
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
    withoutSignal: signals.length === 0 ? null : signals.filter(Boolean).length / signals.length,
  };
}

/** One after the other: of many steps there are millions. */
function* pairsOf(groups: readonly GroupRecord[]): Generator<number> {
  for (const { similarity } of groups) yield* similarity;
}

/** @param records the evaluation that counts of each seed, of one benchmark */
export function evaluatedGeometryOf(name: string, records: readonly BenchmarkRecord[]): EvaluatedGeometry {
  const withFigures = records.filter(({ similarity_mean: mean }) => mean !== null);
  const histograms = withFigures.flatMap(({ similarity_histogram: histogram }) =>
    histogram ? [histogram] : [],
  );
  const mean = (of: (record: BenchmarkRecord) => number | null | undefined) => {
    const values = new Mean();
    for (const record of withFigures) values.add(of(record) ?? Number.NaN);
    return values.value;
  };
  return {
    name,
    runs: withFigures.length,
    undistributed: withFigures.length - histograms.length,
    histogram: (histograms[0] ?? []).map((_, bin) =>
      histograms.reduce((sum, counts) => sum + (counts[bin] ?? 0), 0),
    ),
    mean: mean((record) => record.similarity_mean),
    negative: mean((record) => record.negative_pair_ratio),
    logdet: mean((record) => record.logdet_mean),
    textSimilarity: mean((record) => record.text_similarity_mean),
    distinct: mean((record) => record.distinct_at_k),
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
