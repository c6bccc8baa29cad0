/** Several runs: their order, the one to show when none was chosen, those to compare with. */
import type { BenchmarkRecord } from '../protocol/index.js';
import type { RunSummary, RunView } from './run-summary.js';
import { scores } from './scores.js';
import { isAlive } from './state.js';

/** Another run of the workspace, for comparison: its newest scores, one per benchmark. */
export interface OtherRun {
  id: string;
  name: string;
  method: string;
  benchmarks: BenchmarkRecord[];
}

/** Newest first, pinned ones on top. Ids start with the time of creation. */
export function compareRuns(a: RunSummary, b: RunSummary): number {
  const pinned = Number(b.manifest.pinned ?? false) - Number(a.manifest.pinned ?? false);
  if (pinned !== 0) return pinned;
  const created = b.manifest.createdAt.localeCompare(a.manifest.createdAt);
  return created !== 0 ? created : b.id.localeCompare(a.id);
}

/** The run that views follow when none was chosen: the newest alive one, else the newest. */
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
      benchmarks: scores(run.benchmarks).map(({ last }) => last),
    }));
}
