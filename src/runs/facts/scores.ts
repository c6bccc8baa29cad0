/** The scores of a run: where it began, its best and its newest, and the one that is shown beside its name. */
import type { BenchmarkRecord } from '../protocol/index.js';
import type { ProblemOverview, RunSummary } from './run-summary.js';

/** One benchmark's records, of which at least one exists. */
export interface BenchmarkScores {
  benchmark: string;
  /** Of the starting policy (step 0), or null when it was not scored. */
  base: BenchmarkRecord | null;
  first: BenchmarkRecord;
  /** By pass@1, the earliest of equals. */
  best: BenchmarkRecord;
  last: BenchmarkRecord;
}

/** Scores of every benchmark, in the order in which they first appear. `records` are sorted by step. */
export function scores(records: readonly BenchmarkRecord[]): BenchmarkScores[] {
  const byName = new Map<string, BenchmarkScores>();
  for (const record of records) {
    const known = byName.get(record.benchmark);
    if (!known) {
      byName.set(record.benchmark, {
        benchmark: record.benchmark,
        base: record.step === 0 ? record : null,
        first: record,
        best: record,
        last: record,
      });
      continue;
    }
    if (record.pass_at_1 > known.best.pass_at_1) known.best = record;
    if (record.step >= known.last.step) known.last = record;
  }
  return [...byName.values()];
}

/** Scores of the benchmark that the experiment names first, if it has any, else of the first that has. */
export function headlineScores(run: {
  summary: RunSummary;
  benchmarks: readonly BenchmarkRecord[];
}): BenchmarkScores | null {
  const all = scores(run.benchmarks);
  const first = run.summary.manifest.experiment.evaluation.benchmarks[0]?.name;
  return all.find(({ benchmark }) => benchmark === first) ?? all[0] ?? null;
}

/** Solved: the most frequent answer is right, a tie being half a right. */
export const isSolved = ({ majority }: Pick<ProblemOverview, 'majority'>): boolean => majority >= 0.5;

/** The gain of the newest score over the starting policy's, or null unless both exist. */
export function gain(
  { base, last }: BenchmarkScores,
  of: 'pass_at_1' | 'pass_at_k' = 'pass_at_1',
): number | null {
  return base === null || base === last ? null : last[of] - base[of];
}
