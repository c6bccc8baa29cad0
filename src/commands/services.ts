/** What commands work with. */
import type * as vscode from 'vscode';
import type {
  Dashboards,
  ExperimentProblems,
  RunLibrary,
  RunLogs,
  RunNotes,
  RunTree,
  StudyLibrary,
  StudyProblems,
} from '../views/index.js';
import type { Comparisons } from './comparisons.js';
import type { JudgeTrials } from './judge-trials.js';
import type { Logs } from './logs.js';
import type { OpenRuns } from './open-runs.js';
import type { TorchSetup } from './torch-setup.js';

export interface Services {
  library: RunLibrary;
  studies: StudyLibrary;
  tree: RunTree;
  logs: RunLogs;
  notes: RunNotes;
  /** Logs of other programs. */
  logsOfOthers: Logs;
  dashboards: Dashboards;
  comparisons: Comparisons;
  judge: JudgeTrials;
  problems: ExperimentProblems;
  table: OpenRuns;
  studyProblems: StudyProblems;
  torch: TorchSetup;
  log: vscode.LogOutputChannel;
  /** What this workspace remembers: what was chosen last. */
  state: vscode.Memento;
  extensionUri: vscode.Uri;
  /** Of the extension. */
  version: string;
}
