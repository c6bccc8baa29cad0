/** The scores of a run side by side: where it began, its best and its newest. */
import type { BenchmarkRecord } from '../../../src/runs/protocol/index.js';

export interface BenchmarkRow {
  benchmark: string;
  /** Step 0; null when it was not scored. */
  base: BenchmarkRecord | null;
  /** By pass@1, the earliest of equals. */
  best: BenchmarkRecord;
  last: BenchmarkRecord;
}

/** A row for each benchmark, in the order in which they first appear. `records` are sorted by step. */
export function benchmarkRows(records: readonly BenchmarkRecord[]): BenchmarkRow[] {
  const rows = new Map<string, BenchmarkRow>();
  for (const record of records) {
    const row = rows.get(record.benchmark);
    if (!row) {
      const base = record.step === 0 ? record : null;
      rows.set(record.benchmark, { benchmark: record.benchmark, base, best: record, last: record });
      continue;
    }
    if (record.pass_at_1 > row.best.pass_at_1) row.best = record;
    if (record.step >= row.last.step) row.last = record;
  }
  return [...rows.values()];
}
