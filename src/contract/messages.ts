/**
 * The contract between the extension host and its webviews: types and the protocol's version, for both sides.
 * The host sends one `snapshot` after `ready`, then what changes; a webview that was hidden and shown again is loaded
 * from the start and announces `ready` again. What a page wants besides, it asks (questions.ts).
 */

import type { RunSummary, StepRange } from '../runs/facts/index.js';
import type { StepMetrics } from '../runs/metrics/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import type { StepValues } from '../series/index.js';
import type { Asked, Reply } from './channel.js';
import type { JudgedPair } from './judge-messages.js';
import type { Questions } from './questions.js';

export const MESSAGE_PROTOCOL = 3;

/** The series of a run without their values, which a page asks for as it draws them: `slices`. */
export interface SeriesFacts {
  /** Another number whenever a value may be another one. */
  version: number;
  /** The line of metrics that was written last. */
  newest: StepMetrics | null;
  /** Names of metrics, in the order in which they first came. */
  names: readonly string[];
}

/** A tab of the dashboard: the scores on a benchmark; responses, with the search through all steps; or all of the tab. */
export type DashboardPlace =
  | { tab: 'benchmarks'; benchmark: string }
  | { tab: 'rollouts' | 'prompts' | 'findings' };

export type HostMessage =
  | {
      type: 'snapshot';
      protocol: number;
      run: RunSummary;
      series: SeriesFacts;
      benchmarks: readonly BenchmarkRecord[];
      /** Steps that have group records, ascending. The records themselves are asked for by step. */
      groupSteps: readonly StepRange[];
      /** True while the workspace is trusted: controls that start a process are shown only then. */
      trusted: boolean;
    }
  /** The fields of the summary that changed: at a heartbeat the status alone. */
  | { type: 'run'; changes: Partial<RunSummary> }
  /** Steps after all others, one version each: what was drawn can go on with them. */
  | { type: 'metrics'; metrics: readonly StepValues[]; version: number }
  /** The series changed in another way: what is drawn of them is asked for again. */
  | { type: 'series'; series: SeriesFacts }
  | { type: 'benchmarks'; benchmarks: readonly BenchmarkRecord[] }
  | { type: 'groupSteps'; steps: readonly StepRange[] }
  | Reply
  /** The run's folder is gone. What was shown stays. A later snapshot says that it is back. */
  | { type: 'deleted' }
  /** The dashboard only: someone wants to see a place of it. */
  | { type: 'show'; place: DashboardPlace }
  /** The sidebar panel only: no run is selected. */
  | { type: 'none' }
  /** The host is there, every `beatMilliseconds`: a page that hears nothing says so. */
  | { type: 'beat' };

export const beatMilliseconds = 2000;

/** What a page may have done with the run that it shows. */
export const pageCommands = [
  'stop',
  'resume',
  'openDashboard',
  'evaluate',
  'rejudge',
  'showLog',
  'reveal',
] as const;
export type PageCommand = (typeof pageCommands)[number];

export type WebviewMessage =
  /** Sent on load. */
  | { type: 'ready'; protocol: number }
  | Asked<Questions>
  | { type: 'command'; command: PageCommand }
  /** Opens the judge's playground with a response. */
  | { type: 'tryJudge'; pair: JudgedPair }
  /** What the page keeps, when it changed: for a page that takes its place when its host has ended. */
  | { type: 'state'; state: SavedState }
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
