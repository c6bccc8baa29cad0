/** Delete Run: to the trash, after a question, and never while a process works on it. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { isAlive } from '../runs/facts/index.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function deleteRun({ library, log }: Services, argument: unknown): Promise<void> {
  requireTrust('Deleting a run');
  const run = await chooseRun(library, argument, {
    placeholder: 'Run to delete',
    filter: (candidate) => !isAlive(candidate.summary.state),
    none: 'Only a run that is not training can be deleted. Stop it first.',
  });
  if (!run) return;
  const folder = vscode.Uri.file(run.directory);
  const name = `${run.summary.name} (${basename(run.directory)})`;
  const checkpoints = run.summary.checkpoints.length;
  const detail = `Its metrics, rollouts and ${checkpoints === 1 ? '1 checkpoint' : `${checkpoints} checkpoints`} go with it.`;
  const answer = await vscode.window.showWarningMessage(
    `Move the run ${name} to the trash?`,
    { modal: true, detail },
    'Move to Trash',
  );
  if (!answer) return;
  // It may have been resumed while the question was shown.
  const now = library.run(run.directory);
  if (now && isAlive(now.summary.state)) throw new Error(`${name} is training again. Stop it first.`);
  try {
    await vscode.workspace.fs.delete(folder, { recursive: true, useTrash: true });
  } catch (error) {
    // Remote machines mostly have no trash.
    log.warn(`Trash refused ${run.directory}: ${String(error)}`);
    const permanent = await vscode.window.showWarningMessage(
      `This machine could not move ${name} to the trash. Delete it permanently?`,
      { modal: true, detail: `${detail} This cannot be undone.` },
      'Delete Permanently',
    );
    if (!permanent) return;
    await vscode.workspace.fs.delete(folder, { recursive: true, useTrash: false });
  }
  log.info(`Deleted ${run.directory}`);
}
