/** Commands that look at a run's files: folder, checkpoint, experiment file, log, id. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { runFiles } from '../runs/protocol/index.js';
import { UserError } from '../views/index.js';
import { chooseCheckpoint, chooseRun, chooseRuns } from './pick.js';
import type { Services } from './services.js';

/** Long enough to be noticed at the edge of the window. */
const copiedMilliseconds = 6000;

const any = (placeholder: string) => ({
  placeholder,
  filter: () => true,
  none: vscode.l10n.t('There are no runs yet.'),
  takeOnly: true,
});

export async function openDashboard({ library, dashboards }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any(vscode.l10n.t('Run to show')));
  if (run) dashboards.open(run);
}

/** The search through the responses of all steps of a run. */
export async function searchResponses(services: Services, argument: unknown): Promise<void> {
  await openPlace(services, argument, 'rollouts', vscode.l10n.t('Run whose responses to search'));
}

/** Which prompts of a run teach, and which never do. */
export async function showPrompts(services: Services, argument: unknown): Promise<void> {
  await openPlace(services, argument, 'prompts', vscode.l10n.t('Run whose prompts to show'));
}

/** What is wrong with a run. */
export async function showFindings(services: Services, argument: unknown): Promise<void> {
  await openPlace(services, argument, 'findings', vscode.l10n.t('Run to audit'));
}

async function openPlace(
  { library, dashboards }: Services,
  argument: unknown,
  tab: 'rollouts' | 'prompts' | 'findings',
  placeholder: string,
): Promise<void> {
  const run = await chooseRun(library, argument ?? dashboards.active?.directory, any(placeholder));
  if (run) dashboards.open(run, { place: { tab } });
}

/**
 * What a click on a row of the explorer does.
 * @param argument the run's directory
 * @param benchmark whose scores to show
 */
export async function previewRun(
  { library, dashboards }: Services,
  argument: unknown,
  benchmark: unknown,
): Promise<void> {
  const run = typeof argument === 'string' ? library.run(argument) : undefined;
  if (run)
    dashboards.preview(run, typeof benchmark === 'string' ? { tab: 'benchmarks', benchmark } : undefined);
}

export async function keepDashboard({ dashboards }: Services): Promise<void> {
  dashboards.keep();
}

export async function revealRunFolder({ library }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any(vscode.l10n.t('Run whose folder to show')));
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
    throw new UserError(vscode.l10n.t('{0} is outside the open folders.', uri.fsPath), {
      title: vscode.l10n.t('Copy Path'),
      run: () => vscode.env.clipboard.writeText(uri.fsPath),
    });
  }
  await vscode.commands.executeCommand(local ? 'revealFileInOS' : 'revealInExplorer', uri);
}

export async function openExperimentFile({ library }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any(vscode.l10n.t('Run whose experiment file to open')));
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

export async function copyRunId(services: Services, argument: unknown): Promise<void> {
  const runs = await chooseRuns(services, argument, any(vscode.l10n.t('Run whose id to copy')));
  if (runs.length === 0) return;
  const ids = runs.map((run) => run.summary.id);
  await vscode.env.clipboard.writeText(ids.join('\n'));
  const text = vscode.l10n.t('Copied to the clipboard: {0}', ids.join(', '));
  vscode.window.setStatusBarMessage(`$(check) ${text}`, copiedMilliseconds);
}

/** The trainer's output in a channel that follows it. */
export async function showLog({ library, logs }: Services, argument: unknown): Promise<void> {
  const run = await chooseRun(library, argument, any(vscode.l10n.t('Run whose log to show')));
  if (run) logs.show(run);
}
