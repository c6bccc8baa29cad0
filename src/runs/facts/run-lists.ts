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
  return descending(a.manifest.createdAt, b.manifest.createdAt) || descending(a.id, b.id);
}

/** Of dates and ids: the order of a language takes many times longer, and says nothing here. */
const descending = (a: string, b: string): number => (a === b ? 0 : a < b ? 1 : -1);

/** The run that views follow when none was chosen: the newest alive one, else the newest. */
export function defaultRun<T extends { summary: RunSummary }>(runs: readonly T[]): T | null {
  let found: T | null = null;
  for (const run of runs) {
    if (!found || isBefore(run.summary, found.summary)) found = run;
  }
  return found;
}

function isBefore(a: RunSummary, b: RunSummary): boolean {
  if (isAlive(a.state) !== isAlive(b.state)) return isAlive(a.state);
  return a.manifest.createdAt > b.manifest.createdAt;
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
