/** The extension's settings, read at the moment of use so that a change needs no reload. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { expandPath } from './expand-path.js';

/** Interpreter of the torch engine that the user chose; empty to detect it. */
export function chosenPython(): string {
  const text = vscode.workspace.getConfiguration('g2rl').get<string>('python', '').trim();
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ name, uri }) => ({
    name,
    path: uri.fsPath,
  }));
  return expandPath(text, { home: homedir(), folders });
}

/** Sets it for this workspace if the workspace already has its own value, else for all workspaces of this machine. */
export async function choosePython(path: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('g2rl');
  const own = settings.inspect<string>('python')?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await settings.update('python', path, own ? Workspace : Global);
}

export type NotificationLevel = 'all' | 'failures' | 'none';

/** Absolute path of the folder that keeps a workspace folder's runs. */
export function runsDirectory(folder: vscode.WorkspaceFolder): string {
  const settings = vscode.workspace.getConfiguration('g2rl', folder.uri);
  const chosen = settings.get<string>('runsDirectory')?.trim();
  return resolve(
    folder.uri.fsPath,
    chosen || (settings.inspect<string>('runsDirectory')?.defaultValue ?? ''),
  );
}

/** How long a stop waits for the current step and its checkpoint before it sends signals, in milliseconds. */
export function stopGraceMilliseconds(): number {
  const seconds = vscode.workspace.getConfiguration('g2rl').get<number>('stopGraceSeconds', 120);
  return 1000 * Math.min(3600, Math.max(1, seconds));
}

export function notificationLevel(): NotificationLevel {
  return vscode.workspace.getConfiguration('g2rl').get<NotificationLevel>('notifications', 'all');
}

export function inlineMetricsEnabled(): boolean {
  return vscode.workspace.getConfiguration('g2rl').get<boolean>('inlineMetrics', true);
}

/** Whether agents may start, stop and resume runs, each time after a confirmation. */
export function agentsMayControl(): boolean {
  return vscode.workspace.getConfiguration('g2rl').get<boolean>('agents.allowControl', false);
}
