/** New Slurm Script: makes a run for several machines, and the batch script that starts it, and opens the script. */
import * as vscode from 'vscode';
import { hostOf, uiOf } from './editor.js';
import { chooseNewRun } from './new-run.js';
import type { Services } from './services.js';
import { showNewRun } from './start-training.js';
import { requireTrust } from './trust.js';

export async function newSlurmScript(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Making a run'));
  const newRun = await chooseNewRun(services, argument);
  if (!newRun) return;
  const { makeSlurmRun } = await import('../actions/slurm/index.js');
  const made = await makeSlurmRun(newRun, hostOf(services), uiOf(services));
  if (!made) return;
  services.log.info(`Wrote ${made.script}`);
  await vscode.window.showTextDocument(vscode.Uri.file(made.script), { preview: false });
  await showNewRun(services, made.directory);
}
