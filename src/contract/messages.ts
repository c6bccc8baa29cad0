/**
 * The contract between the extension host and its webviews: types and the protocol's version, for both sides.
 * The host sends one `snapshot` after `ready`, then deltas; a webview that was hidden and shown again keeps
 * its state and asks for what it missed by announcing `ready` anew.
 */

import type { OtherRun, ProblemOverview, RunSummary } from '../runs/facts/index.js';
import type { StepMetrics } from '../runs/metrics/index.js';
import type {
  BenchmarkRecord,
  EvaluatedProblem,
  GroupRecord,
  RolloutRecord,
} from '../runs/protocol/index.js';

export const MESSAGE_PROTOCOL = 1;

export type HostMessage =
  | {
      type: 'snapshot';
      protocol: number;
      run: RunSummary;
      metrics: StepMetrics[];
      benchmarks: BenchmarkRecord[];
      /** Steps that have group records, ascending. The records themselves are asked for by step. */
      groupSteps: number[];
      /** True while the workspace is trusted: controls that start a process are shown only then. */
      trusted: boolean;
    }
  | { type: 'run'; run: RunSummary }
  | { type: 'metrics'; metrics: StepMetrics[] }
  | { type: 'benchmarks'; benchmarks: BenchmarkRecord[] }
  | { type: 'groupSteps'; steps: number[] }
  /** Answer to `getGroups`. Empty when the step has none. */
  | { type: 'groups'; request: number; step: number; groups: GroupRecord[] }
  /** Answer to `getRollouts`. */
  | { type: 'rollouts'; request: number; step: number; rollouts: RolloutRecord[]; error: string | null }
  /** Answer to `getEvaluation`: the problems by their counts. */
  | {
      type: 'evaluation';
      request: number;
      step: number;
      benchmark: string;
      problems: ProblemOverview[];
      error: string | null;
    }
  /** Answer to `getProblem`; null when there is none of that id. */
  | { type: 'problem'; request: number; problem: EvaluatedProblem | null; error: string | null }
  /** Answer to `getOtherRuns`. */
  | { type: 'otherRuns'; runs: OtherRun[] }
  /** The run's folder is gone. What was shown stays. */
  | { type: 'deleted' }
  /** The sidebar panel only: no run is selected. */
  | { type: 'none' };

export type WebviewMessage =
  /** Sent on load and again whenever state was lost. */
  | { type: 'ready'; protocol: number }
  | { type: 'getGroups'; request: number; step: number }
  | { type: 'getRollouts'; request: number; step: number }
  | { type: 'getEvaluation'; request: number; step: number; benchmark: string }
  | { type: 'getProblem'; request: number; step: number; benchmark: string; id: string }
  | { type: 'getOtherRuns' }
  | {
      type: 'command';
      command: 'stop' | 'resume' | 'openDashboard' | 'evaluate' | 'showLog' | 'reveal';
    }
  /** Time at which a metrics line was painted, for the benchmark of the path from file to pixel. */
  | { type: 'painted'; step: number; time: number }
  /** An uncaught error in the page, for the log. */
  | { type: 'error'; message: string };

/**
 * What a webview keeps with `setState`, at least: the editor hands it back after a window reload, and the host
 * finds the run of a dashboard by it.
 */
export interface SavedState {
  /** `RunSummary.id` of the run that is shown. */
  run: string;
}
