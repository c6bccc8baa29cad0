/** What commands work with. */
import type * as vscode from 'vscode';
import type { Dashboards } from '../views/dashboards.js';
import type { ExperimentProblems } from '../views/experiment-problems.js';
import type { RunLibrary } from '../views/run-library.js';
import type { RunLogs } from '../views/run-logs.js';
import type { RunTree } from '../views/run-tree.js';

export interface Services {
  library: RunLibrary;
  tree: RunTree;
  logs: RunLogs;
  dashboards: Dashboards;
  problems: ExperimentProblems;
  log: vscode.LogOutputChannel;
  /** What this workspace remembers: what was chosen last. */
  state: vscode.Memento;
  /** Disposed with the extension. */
  subscriptions: vscode.Disposable[];
  extensionUri: vscode.Uri;
  /** Of the extension. */
  version: string;
}
