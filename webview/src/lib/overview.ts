/** What a header says of a run in numbers. Pure. */
import type { BenchmarkRecord, RunStatus, ShownRunState } from '../../../src/runs/protocol/index.js';

/** One benchmark's records: of the starting policy, the best and the newest. */
export interface Headline {
  benchmark: string;
  first: BenchmarkRecord;
  best: BenchmarkRecord;
  last: BenchmarkRecord;
}

/** Of the benchmark that the experiment names first, else of any that has scores. */
export function headline(benchmarks: readonly BenchmarkRecord[], preferred?: string): Headline | null {
  const known = benchmarks.find(({ benchmark }) => benchmark === preferred) ?? benchmarks[0];
  const name = known?.benchmark;
  const own = benchmarks.filter((record) => record.benchmark === name);
  const first = own[0];
  const last = own.at(-1);
  if (name === undefined || !first || !last) return null;
  const best = own.reduce((a, b) => (b.pass_at_1 > a.pass_at_1 ? b : a));
  return { benchmark: name, first, best, last };
}

const alive: readonly ShownRunState[] = ['starting', 'running', 'evaluating', 'stopping'];
export const isAlive = (state: ShownRunState): boolean => alive.includes(state);

/** A run that ended before its last step, or whose process is gone, can be taken up again. */
export function isResumable(state: ShownRunState, status: RunStatus | null): boolean {
  if (!['stopped', 'failed', 'lost'].includes(state)) return false;
  return status === null || status.step < status.totalSteps;
}

/** Seconds until the last step at the recent rate; null when unknown or not running. */
export function secondsLeft(state: ShownRunState, status: RunStatus | null): number | null {
  if (!status?.secondsPerStep || !isAlive(state)) return null;
  return (status.totalSteps - status.step) * status.secondsPerStep;
}

/** What the trainer does at this moment, in words. */
export function activity(state: ShownRunState, status: RunStatus | null): string {
  if (state === 'evaluating' && status?.evaluation) {
    const { benchmark, done, total } = status.evaluation;
    return `evaluating ${benchmark} ${done}/${total}`;
  }
  if (state === 'lost') return 'lost: its process is gone';
  return state;
}
