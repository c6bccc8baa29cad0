/** What the views and commands know of the runs of all workspace folders. */
import type * as vscode from 'vscode';
import type { RunDelta, UnreadableRun } from '../runs/read/index.js';
import type { WatchedRun } from './run-feed.js';

export type LibraryChange =
  | { kind: 'added'; run: WatchedRun }
  | { kind: 'removed'; run: WatchedRun }
  | { kind: 'changed'; run: WatchedRun; change: RunDelta };

export interface RunLibrary {
  /** Resolves when the runs that were there at the start are known. */
  readonly ready: Promise<void>;
  readonly onDidChange: vscode.Event<LibraryChange>;
  /** The list of folders that cannot be read as runs changed. */
  readonly onDidChangeUnreadable: vscode.Event<void>;
  runs(): WatchedRun[];
  run(directory: string): WatchedRun | undefined;
  /** What tells a run from those of its name: its method, then the settings in which they differ. */
  traits(run: WatchedRun): readonly string[];
  unreadable(): UnreadableRun[];
  /** Looks at a run again, without one at every folder: after own changes, and for those who do not trust a file watcher. */
  refresh(directory?: string): Promise<void>;
}
