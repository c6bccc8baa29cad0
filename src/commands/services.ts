/** What commands work with. */
import type * as vscode from 'vscode';
import type { Dashboards, ExperimentProblems, RunLibrary, RunLogs, RunTree } from '../views/index.js';

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
