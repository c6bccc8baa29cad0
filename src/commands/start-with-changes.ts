/** Start Training with Changes: an experiment file with some settings different, for one run. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { aliveIn, chooseChanges } from './choose-changes.js';
import { experimentOrThrow, newRunOfFile } from './new-run.js';
import { chooseExperiment } from './pick.js';
import type { Services } from './services.js';
import { startRun } from './start-training.js';
import { requireTrust } from './trust.js';

export async function startWithChanges(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Training'));
  const uri = await chooseExperiment(argument);
  const asWritten = uri && (await newRunOfFile(services, uri));
  if (!uri || !asWritten) return;
  const experiment = await asWritten.read({});
  const { nextSeed } = await import('../actions/index.js');
  const document = await vscode.workspace.openTextDocument(uri);
  const chosen = await chooseChanges({
    title: vscode.l10n.t('Start {0} with Changes', basename(uri.fsPath)),
    experiment,
    nextSeed: await nextSeed(experiment, uri.fsPath, asWritten.runsDirectory),
    alive: aliveIn(services, asWritten.runsDirectory),
    read: (overrides) => services.problems.read(document.getText(), uri.fsPath, { set: overrides }),
  });
  if (!chosen) return;
  const { set, after } = chosen;
  const newRun = await newRunOfFile(services, uri, set);
  if (!newRun) return;
  // A value that goes together with the experiment only in part is said before anything is asked.
  experimentOrThrow(await services.problems.read(document.getText(), uri.fsPath, { set }));
  await startRun(services, { ...newRun, after });
}
