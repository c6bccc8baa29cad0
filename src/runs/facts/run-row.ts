/** A run as one row of a table: the few facts by which runs are found, ordered, grouped and compared. Pure. */
import type { BenchmarkRecord, ShownRunState } from '../protocol/index.js';
import { progress } from './progress.js';
import type { RunView } from './run-summary.js';

/** The newest and the best value of a score, 0 to 1, with standard errors where they are known. */
export interface RowScore {
  last: number;
  lastError: number | null;
  best: number;
  bestError: number | null;
  /** Training step of the best value, the earliest of equals. */
  bestStep: number;
}

export interface RunRow {
  id: string;
  name: string;
  state: ShownRunState;
  pinned: boolean;
  archived: boolean;
  /** Id of the study, and the run's variant there. */
  study: string | null;
  variant: string | null;
  seed: number;
  method: string;
  engine: string;
  policy: string;
  /** File name of the experiment, or its name where it had no file. */
  experiment: string;
  tags: readonly string[];
  notes: string;
  /** Unix time, milliseconds. */
  created: number;
  /** Time that its training steps took, in seconds; null where a log has no times. */
  duration: number | null;
  step: number;
  /** 0 where a log does not say how many are planned. */
  totalSteps: number;
  /** By benchmark and score, as in `countdown-test pass@1`; benchmarks in the order in which they first appear. */
  scores: Readonly<Record<string, RowScore>>;
  /** The benchmark that the experiment names first, or that was scored first. */
  benchmark: string | null;
}

export function rowOf({ summary, benchmarks }: RunView): RunRow {
  const { manifest, state } = summary;
  const { experiment, experimentFile } = manifest;
  const { step, total } = progress(summary);
  return {
    id: summary.id,
    name: summary.name,
    state,
    pinned: manifest.pinned ?? false,
    archived: manifest.archived ?? false,
    study: manifest.study?.id ?? null,
    variant: manifest.study?.variant ?? null,
    seed: manifest.seed,
    method: experiment.method.name,
    engine: manifest.engine,
    policy: experiment.policy,
    experiment: experimentFile?.split(/[\\/]/).at(-1) || experiment.name,
    tags: manifest.tags ?? [],
    notes: manifest.notes ?? '',
    created: Date.parse(manifest.createdAt),
    duration: secondsOf(summary),
    step,
    totalSteps: total,
    scores: rowScores(benchmarks),
    benchmark: experiment.evaluation.benchmarks[0]?.name ?? benchmarks[0]?.benchmark ?? null,
  };
}

function rowScores(records: readonly BenchmarkRecord[]): Record<string, RowScore> {
  const found: Record<string, RowScore> = {};
  for (const record of records) {
    const { benchmark, k } = record;
    take(`${benchmark} pass@1`, record.pass_at_1, record.pass_at_1_se, record.step);
    take(`${benchmark} maj@${k}`, record.maj_at_k, record.maj_at_k_se, record.step);
    if (k > 1) take(`${benchmark} pass@${k}`, record.pass_at_k, record.pass_at_k_se, record.step);
  }
  return found;

  function take(name: string, value: number, error: number | undefined, step: number): void {
    const known = found[name];
    const se = error ?? null;
    if (!known) {
      found[name] = { last: value, lastError: se, best: value, bestError: se, bestStep: step };
      return;
    }
    known.last = value;
    known.lastError = se;
    if (value <= known.best) return;
    known.best = value;
    known.bestError = se;
    known.bestStep = step;
  }
}

/** Of its process: of a run that was resumed, the last one. */
function secondsOf({ status, manifest }: RunView['summary']): number | null {
  if (manifest.imported && status?.heartbeat === status?.startedAt) return null;
  return status ? Math.max(0, Date.parse(status.heartbeat) - Date.parse(status.startedAt)) / 1000 : 0;
}
