/** What the views derive from a run: its headline score, its progress, whether it is alive. Pure. */

import type { StepMetrics } from '../metrics/index.js';
import type { BenchmarkRecord, ShownRunState } from '../protocol/index.js';
import type { RunSummary } from './run-summary.js';

/** Another run of the workspace, for comparison: its newest scores, one a benchmark. */
export interface OtherRun {
  id: string;
  name: string;
  method: string;
  benchmarks: BenchmarkRecord[];
}

/** A run as the views see it: the summary of the contract and its series, oldest first. */
export interface RunView {
  summary: RunSummary;
  metrics: readonly StepMetrics[];
  benchmarks: readonly BenchmarkRecord[];
}

/** A benchmark's newest score beside that of the starting policy. */
export interface Score {
  benchmark: string;
  newest: BenchmarkRecord;
  /** Score at step 0, or null when it was not measured or is the newest itself. */
  start: BenchmarkRecord | null;
}

const aliveStates: ReadonlySet<ShownRunState> = new Set(['starting', 'running', 'evaluating', 'stopping']);
const resumableStates: ReadonlySet<ShownRunState> = new Set(['stopped', 'failed', 'lost']);

/** Whether a process works on the run. */
export function isAlive(state: ShownRunState): boolean {
  return aliveStates.has(state);
}

/** Whether a run in this state has work left that Resume would do. */
export function isResumable(state: ShownRunState): boolean {
  return resumableStates.has(state);
}

/** The newest score of every benchmark, in the order in which they first appear. */
export function scores(benchmarks: readonly BenchmarkRecord[]): Score[] {
  const byName = new Map<string, Score>();
  for (const record of benchmarks) {
    const known = byName.get(record.benchmark);
    if (!known) {
      byName.set(record.benchmark, { benchmark: record.benchmark, newest: record, start: null });
      continue;
    }
    if (known.newest.step === 0 && record.step > 0) known.start = known.newest;
    if (record.step >= known.newest.step) known.newest = record;
  }
  return [...byName.values()];
}

/** The one score shown beside a run: that of the benchmark the experiment names first, if it has any. */
export function headlineScore(run: RunView): Score | null {
  const all = scores(run.benchmarks);
  const first = run.summary.manifest.experiment.evaluation.benchmarks[0]?.name;
  return all.find((score) => score.benchmark === first) ?? all[0] ?? null;
}

/** Finished and planned steps, and the share of them that is done (0 to 1). */
export function progress(run: RunView): { step: number; total: number; share: number } {
  const { status, manifest } = run.summary;
  const step = status?.step ?? 0;
  const total = status?.totalSteps ?? manifest.experiment.optimization.steps;
  return { step, total, share: total > 0 ? Math.min(1, step / total) : 0 };
}

/** Seconds until the last step at the recent rate, or null when that is not known. */
export function secondsLeft(run: RunView): number | null {
  const rate = run.summary.status?.secondsPerStep;
  if (!rate || !isAlive(run.summary.state)) return null;
  const { step, total } = progress(run);
  return Math.max(0, total - step) * rate;
}

/** Newest first, pinned ones on top. Ids start with the time of creation. */
export function compareRuns(a: RunSummary, b: RunSummary): number {
  const pinned = Number(b.manifest.pinned ?? false) - Number(a.manifest.pinned ?? false);
  if (pinned !== 0) return pinned;
  const created = b.manifest.createdAt.localeCompare(a.manifest.createdAt);
  return created !== 0 ? created : b.id.localeCompare(a.id);
}

/** The run that views follow when nobody chose one: the newest alive one, else the newest. */
export function defaultRun<T extends { summary: RunSummary }>(runs: readonly T[]): T | null {
  const newestFirst = [...runs].sort((a, b) =>
    b.summary.manifest.createdAt.localeCompare(a.summary.manifest.createdAt),
  );
  return newestFirst.find((run) => isAlive(run.summary.state)) ?? newestFirst[0] ?? null;
}

/** The other runs that have scores, newest first, with their newest score of each benchmark. */
export function otherRuns(runs: readonly RunView[], shown: RunView | null): OtherRun[] {
  return runs
    .filter((run) => run.summary.id !== shown?.summary.id && run.benchmarks.length > 0)
    .sort((a, b) => compareRuns(a.summary, b.summary))
    .map((run) => ({
      id: run.summary.id,
      name: run.summary.name,
      method: run.summary.manifest.experiment.method.name,
      benchmarks: scores(run.benchmarks).map(({ newest }) => newest),
    }));
}
