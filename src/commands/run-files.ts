/** Commands that look at a run's files: folder, checkpoint, experiment file, log, id. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { runFiles } from '../runs/protocol/index.js';
import { UserError } from '../views/index.js';
import { chooseCheckpoint, chooseRun } from './pick.js';
import type { Services } from './services.js';

const any = (placeholder: string) => ({
  placeholder,
  filter: () => true,
  none: 'There are no runs yet.',
  takeOnly: true,
});

export async function openDashboard({ library, dashboards }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any('Run to show'));
  if (run) dashboards.open(run);
}

export async function revealRunFolder({ library }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any('Run whose folder to show'));
  if (run) await reveal(vscode.Uri.file(run.directory));
}

export async function revealCheckpoint({ library }: Services, argument: unknown): Promise<void> {
  const chosen = await chooseCheckpoint(library, argument);
  if (chosen) await reveal(vscode.Uri.file(chosen.checkpoint.path));
}

/** In the file manager where the files are on this machine, else in the editor's own explorer. */
async function reveal(uri: vscode.Uri): Promise<void> {
  const local = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (!local && !vscode.workspace.getWorkspaceFolder(uri)) {
    throw new UserError(`${uri.fsPath} is outside the open folders.`, {
      title: 'Copy Path',
      run: () => vscode.env.clipboard.writeText(uri.fsPath),
    });
  }
  await vscode.commands.executeCommand(local ? 'revealFileInOS' : 'revealInExplorer', uri);
}

export async function openExperimentFile({ library }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any('Run whose experiment file to open'));
  if (!run) return;
  const { experimentFile } = run.summary.manifest;
  // The file may have changed or gone since; what the run really used is in its manifest.
  const candidates = [experimentFile, join(run.directory, runFiles.manifest)];
  for (const file of candidates) {
    if (!file) continue;
    try {
      await vscode.window.showTextDocument(vscode.Uri.file(file));
      return;
    } catch (error) {
      if (file === candidates.at(-1)) throw error;
    }
  }
}

export async function copyRunId({ library }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any('Run whose id to copy'));
  if (!run) return;
  await vscode.env.clipboard.writeText(run.summary.id);
  vscode.window.setStatusBarMessage(`Copied ${run.summary.id}`, 3000);
}

/** The trainer's output in a channel that follows it. */
export async function showLog({ library, logs }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any('Run whose log to show'));
  if (run) logs.show(run);
}
