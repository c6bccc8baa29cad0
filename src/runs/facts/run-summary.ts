/** What is known of a run besides its series. */
import type { RunManifest, RunStatus, ShownRunState } from '../protocol/index.js';

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
  /** A sentence when something about the run needs saying (newer schema, unreadable file), else null. */
  notice: string | null;
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
