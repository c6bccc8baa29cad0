/** A run as it is shown. */
import type { StepMetrics } from '../metrics/index.js';
import type {
  BenchmarkRecord,
  RolloutRecord,
  RunManifest,
  RunStatus,
  ShownRunState,
} from '../protocol/index.js';

/** A complete checkpoint. */
export interface CheckpointSummary {
  step: number;
  path: string;
}

export interface RunSummary {
  id: string;
  name: string;
  manifest: RunManifest;
  state: ShownRunState;
  status: RunStatus | null;
  /** By step, ascending. */
  checkpoints: CheckpointSummary[];
  /** Lines that did not parse, by file name. */
  skippedLines: Record<string, number>;
  /** A sentence when something about the run needs attention (newer schema, unreadable file), else null. */
  notice: string | null;
}

/** What lists, rows and notes show of a run: its series are read only for who draws them. */
export interface RunView {
  summary: RunSummary;
  /** The line of metrics that was written last. */
  newest: StepMetrics | null;
  /** By step. */
  benchmarks: readonly BenchmarkRecord[];
}

/** The fields of `after` that are other objects or values than those of `before`; null when none is. */
export function changedFields(before: RunSummary, after: RunSummary): Partial<RunSummary> | null {
  const names = Object.keys(after) as (keyof RunSummary)[];
  const changed = names.filter((name) => before[name] !== after[name]);
  return changed.length === 0 ? null : Object.fromEntries(changed.map((name) => [name, after[name]]));
}

/** The texts of a step's kept groups, of a large step only the first ones. */
export interface StepRollouts {
  groups: RolloutRecord[];
  /** Groups that were left out. */
  more: number;
}

/** What a list of the problems of an evaluation shows of one. */
export interface ProblemOverview {
  id: string;
  n: number;
  correct: number;
  /** Distinct answers. */
  answers: number;
  /** maj@n. */
  majority: number;
}

/** Where a searched text stands in the rollouts. */
export interface ResponseHit {
  step: number;
  group: number;
  /** 0-based place in the group; null when it is the prompt that matches. */
  response: number | null;
  excerpt: string;
  /** Of the step's file of rollouts, 1 for the first. */
  line: number;
}

/** A part of a search through all rollouts, the newest step first. */
export interface FoundResponses {
  hits: ResponseHit[];
  /** Hits of steps with very many of them that are not named. */
  omitted: number;
  /** Steps whose file could not be read. */
  unread: number;
  /** The step to go on from; null when every step was searched. */
  next: number | null;
}

/** A part of a search through the problems of an evaluation and their responses. */
export interface FoundProblems {
  ids: string[];
  /** How many problems were searched so far, to go on from; null when all were. */
  next: number | null;
}
