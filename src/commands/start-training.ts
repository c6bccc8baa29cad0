/** Start Training: from an experiment file to a run whose trainer is alive. */
import * as vscode from 'vscode';
import type { NewRun } from '../actions/index.js';
import { hostOf, uiOf } from './editor.js';
import { chooseNewRun } from './new-run.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function startTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Training'));
  const newRun = await chooseNewRun(services, argument);
  if (newRun) await startRun(services, newRun);
}

/** Starts it and shows it, unless the person decides against it. */
export async function startRun(services: Services, newRun: NewRun): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, async () => {
    const actions = await import('../actions/index.js');
    const created = await actions.startTraining(newRun, hostOf(services), uiOf(services));
    if (!created) return;
    services.log.info(`Started ${created.directory}`);
    await showNewRun(services, created.directory);
  });
}

/** In the run explorer. */
export async function showNewRun({ library, tree }: Services, directory: string): Promise<void> {
  await library.refresh();
  const run = library.run(directory);
  if (run) await tree.reveal(run);
}
