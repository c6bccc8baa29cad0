/** What an editor's window asks of the thread that reads logs: its other extensions go on meanwhile. */
import type { ErrorReport } from '../../errors.js';
import type { FoundRun } from '../../logs/index.js';
import type { ImportedLog } from './import-logs.js';

export type LogRequest =
  | { type: 'find'; id: number; path: string }
  | { type: 'import'; id: number; runs: readonly FoundRun[]; runsDirectory: string }
  /** Gives up an import. What was read stays. */
  | { type: 'cancel'; id: number }
  /** Follows a run until it is left, or the thread ends. */
  | { type: 'follow'; run: FoundRun; runsDirectory: string }
  | { type: 'leave'; run: FoundRun };

/** Columns of a table of which none is known to be the step. */
export interface UnmappedColumns {
  file: string;
  numbers: string[];
  texts: string[];
}

export type LogReply =
  | { type: 'found'; id: number; runs: FoundRun[] }
  | { type: 'progress'; id: number; name: string; share: number }
  | { type: 'imported'; id: number; imported: ImportedLog[] }
  | { type: 'failure'; id: number; error: ErrorReport; unmapped?: UnmappedColumns }
  | { type: 'grown'; run: FoundRun }
  | { type: 'trouble'; run: FoundRun; reason: string };
