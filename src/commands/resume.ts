/** Resume: go on with a run that ended early, from its newest checkpoint. */
import * as vscode from 'vscode';
import { isResumable } from '../runs/facts/index.js';
import { UserError } from '../views/index.js';
import { chooseRun } from './pick.js';
import { pythonOf } from './python-of.js';
import type { Services } from './services.js';
import { torchPackage, trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

export async function resume(services: Services, argument: unknown): Promise<void> {
  requireTrust('Resuming a run');
  const run = await chooseRun(services.library, argument, {
    placeholder: 'Run to resume',
    filter: (candidate) => isResumable(candidate.summary.state),
    none: 'Only a run that was stopped, failed or was lost can be resumed.',
    takeOnly: true,
  });
  if (!run) return;
  const { batchScriptOf, resumeRun } = await import('../runs/control/index.js');
  const script = batchScriptOf(run.directory, run.summary.manifest);
  if (script) {
    throw new UserError(`${script.message} ${script.hint}`, {
      title: 'Open Script',
      run: async () => {
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(script.file));
      },
    });
  }
  const python = await pythonOf(services, run, 'resume');
  await resumeRun(run.directory, {
    trainerPath: trainerPath(services),
    ...(python !== undefined && { torch: { python, packageFolder: torchPackage(services) } }),
  });
  services.log.info(`Resumed ${run.directory}`);
  await services.library.refresh();
  await services.tree.reveal(run);
}
