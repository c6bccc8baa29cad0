/** Resume: continues a run that ended early from its newest checkpoint. */
import * as vscode from 'vscode';
import { isResumable } from '../runs/facts/index.js';
import { hostOf, uiOf } from './editor.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function resume(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Resuming a run'));
  const run = await chooseRun(services.library, argument, {
    placeholder: vscode.l10n.t('Run to resume'),
    filter: (candidate) => isResumable(candidate.summary.state),
    none: vscode.l10n.t('Only a run that was stopped, failed or was lost can be resumed.'),
    takeOnly: true,
  });
  if (!run) return;
  const { resumeTraining } = await import('../actions/index.js');
  await resumeTraining(run.directory, hostOf(services), uiOf(services));
  services.log.info(`Resumed ${run.directory}`);
  await services.library.refresh();
  await services.tree.reveal(run);
}
