/** Resume: continues runs that ended early from their newest checkpoints. */
import * as vscode from 'vscode';
import type { RequestedDevice } from '../experiment/index.js';
import { gpuOf, isResumable } from '../runs/facts/index.js';
import { eachRun } from './each-run.js';
import { hostOf, uiOf } from './editor.js';
import { chooseRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export function resume(services: Services, argument: unknown): Promise<void> {
  return resumeRuns(services, argument);
}

/** For a GPU that has failed, whatever the experiment asks. */
export function resumeOnProcessor(services: Services, argument: unknown): Promise<void> {
  return resumeRuns(services, argument, 'cpu');
}

async function resumeRuns(services: Services, argument: unknown, device?: RequestedDevice): Promise<void> {
  requireTrust(vscode.l10n.t('Resuming a run'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run to resume'),
    filter: ({ summary }) =>
      isResumable(summary.state) && (device === undefined || gpuOf(summary.status) !== null),
    none:
      device === undefined
        ? vscode.l10n.t('Only a run that was stopped, failed or was lost can be resumed.')
        : vscode.l10n.t('No run that has computed on a GPU can be resumed.'),
    takeOnly: true,
  });
  if (runs.length > 1) {
    const confirmed = await uiOf(services).confirm(
      vscode.l10n.t('Resume {0} runs?', runs.length),
      vscode.l10n.t('They train at the same time and share the processor, and all become slower.'),
      vscode.l10n.t('Resume All'),
    );
    if (!confirmed) return;
  }
  const { resumeTraining } = await import('../actions/index.js');
  await eachRun(runs, async (run) => {
    await resumeTraining(run.directory, hostOf(services), uiOf(services), device);
    services.log.info(`Resumed ${run.directory}`);
    await services.library.refresh();
    await services.tree.reveal(run);
    return undefined;
  });
}
