/** What a run was trained with, once more: started again, with another seed or other changes, or as a file. */
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { NewRun, RunSettings } from '../actions/index.js';
import { oneLine } from '../runs/facts/index.js';
import type { WatchedRun } from '../views/index.js';
import { aliveIn, type ChosenChanges, chooseChanges } from './choose-changes.js';
import { hostOf } from './editor.js';
import { experimentOrThrow } from './new-run.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { startRun } from './start-training.js';
import { requireTrust } from './trust.js';

interface Again {
  run: WatchedRun;
  settings: RunSettings;
  runsDirectory: string;
  read(
    engine: Parameters<NewRun['read']>[0] & { set?: readonly string[] },
  ): ReturnType<Services['problems']['read']>;
}

async function chooseAgain(
  services: Services,
  argument: unknown,
  placeholder: string,
): Promise<Again | null> {
  const run = await chooseRun(services.library, argument, {
    placeholder,
    filter: ({ summary }) => summary.manifest.imported === undefined,
    none: vscode.l10n.t('There are no runs yet.'),
    takeOnly: true,
  });
  if (!run) return null;
  const { settingsOfRun } = await import('../actions/index.js');
  const settings = await settingsOfRun(run.directory, hostOf(services));
  const file = settings.experimentFile ?? join(run.directory, 'run.g2rl.json');
  return {
    run,
    settings,
    runsDirectory: dirname(run.directory),
    read: (options) => services.problems.read(settings.text, file, options),
  };
}

async function start(services: Services, again: Again, { set, after }: ChosenChanges): Promise<void> {
  await startRun(services, {
    experimentFile: again.settings.experimentFile,
    runsDirectory: again.runsDirectory,
    after,
    read: async (engine) => experimentOrThrow(await again.read({ ...engine, set })),
  });
}

export async function runAgain(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Training'));
  const again = await chooseAgain(services, argument, vscode.l10n.t('Run to run again'));
  if (again) await start(services, again, { set: [] });
}

export async function runAgainWithSeed(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Training'));
  const again = await chooseAgain(services, argument, vscode.l10n.t('Run to run again with another seed'));
  if (again) await start(services, again, { set: [`seed=${await seedAfter(again)}`] });
}

export async function runAgainWithChanges(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Training'));
  const again = await chooseAgain(services, argument, vscode.l10n.t('Run to run again with changes'));
  if (!again) return;
  const chosen = await chooseChanges({
    title: vscode.l10n.t('Run {0} Again', oneLine(again.run.summary.name)),
    experiment: experimentOrThrow(await again.read({})),
    nextSeed: await seedAfter(again),
    alive: aliveIn(services, again.runsDirectory),
    read: (overrides) => again.read({ set: overrides }),
  });
  if (chosen) await start(services, again, chosen);
}

async function seedAfter({ settings, runsDirectory }: Again): Promise<number> {
  const { nextSeed } = await import('../actions/index.js');
  return nextSeed(settings.experiment, settings.experimentFile, runsDirectory);
}

/** As an experiment file, which is then opened. */
export async function saveSettings(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Saving a file'));
  const again = await chooseAgain(services, argument, vscode.l10n.t('Run whose settings to save'));
  if (!again) return;
  const { name, seed } = again.settings.experiment;
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(again.run.directory))?.uri;
  const beside = folder ?? vscode.Uri.file(dirname(again.settings.experimentFile ?? again.run.directory));
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save Settings as Experiment'),
    defaultUri: vscode.Uri.joinPath(beside, `${name}-seed-${seed}.g2rl.json`),
    filters: { [vscode.l10n.t('G2RL experiments')]: ['json', 'jsonc'] },
  });
  if (!target) return;
  const { settingsOfRun } = await import('../actions/index.js');
  const { mediaDirectory } = hostOf(services);
  const { text } = await settingsOfRun(again.run.directory, {
    mediaDirectory,
    folder: dirname(target.fsPath),
  });
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  services.log.info(`Wrote ${target.fsPath}`);
  await vscode.window.showTextDocument(target, { preview: false });
}
