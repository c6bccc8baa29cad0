/** The extension's settings, read at the moment of use so that a change needs no reload. */
import { resolve } from 'node:path';
import * as vscode from 'vscode';

/** Interpreter of the torch engine that a person chose; empty when it is to be found. */
export function chosenPython(): string {
  return vscode.workspace.getConfiguration('g2rl').get<string>('python', '').trim();
}

/** Chooses it for all workspaces of this machine. */
export async function choosePython(path: string): Promise<void> {
  await vscode.workspace.getConfiguration('g2rl').update('python', path, vscode.ConfigurationTarget.Global);
}

export type NotificationLevel = 'all' | 'failures' | 'none';

/** Absolute path of the folder that keeps a workspace folder's runs. */
export function runsDirectory(folder: vscode.WorkspaceFolder): string {
  const setting = vscode.workspace.getConfiguration('g2rl', folder.uri).get<string>('runsDirectory')?.trim();
  return resolve(folder.uri.fsPath, setting || '.g2rl/runs');
}

/** How long a stop waits for the step in hand and its checkpoint before it sends signals, in milliseconds. */
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
