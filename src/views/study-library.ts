/** What the views and commands know of the studies of all workspace folders. */
import type * as vscode from 'vscode';
import type { StudyFolder } from '../studies/folder/index.js';

export interface StudyLibrary {
  /** A study came, went or got further. */
  readonly onDidChange: vscode.Event<void>;
  /** Newest first. */
  studies(): readonly StudyFolder[];
  study(directory: string): StudyFolder | undefined;
  /** The newest one that was begun from a file. */
  ofFile(file: string): StudyFolder | undefined;
  /** Looks at all of them again. */
  refresh(): Promise<void>;
}

export const isAtWork = ({ state }: Pick<StudyFolder, 'state'>): boolean =>
  state === 'running' || state === 'stopping';
