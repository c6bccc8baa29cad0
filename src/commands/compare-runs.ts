/** Compare Runs: those that are selected in the explorer, those of a study, or those that are picked. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { KnownError } from '../errors.js';
import { compareRuns as inOrder } from '../runs/facts/index.js';
import { runDescription, runsDirectory, stateIcons, UserError } from '../views/index.js';
import { chooseRuns } from './pick.js';
import type { Services } from './services.js';

/** @param argument folders of runs or of a study; a row of the explorer; nothing to pick */
export async function compareRuns(services: Services, argument: unknown): Promise<void> {
  const directories = foldersOf(argument) ?? (await selected(services, argument)) ?? (await pick(services));
  if (directories.length > 0) await services.comparisons.open(directories);
}

function foldersOf(argument: unknown): string[] | null {
  const values = Array.isArray(argument) ? argument : [argument];
  const folders = values.filter((value): value is string => typeof value === 'string');
  return folders.length > 0 && folders.length === values.length ? folders : null;
}

/** The rows that are selected; null for one run alone, which has nothing to be compared with. */
async function selected(services: Services, argument: unknown): Promise<string[] | null> {
  if (typeof argument !== 'object' || argument === null || !('kind' in argument)) return null;
  if (argument.kind === 'study' && 'key' in argument && typeof argument.key === 'string')
    return [argument.key];
  const runs = await chooseRuns(services, argument, {
    placeholder: '',
    filter: () => true,
    none: vscode.l10n.t('There are no runs yet.'),
  });
  return runs.length > 1 ? runs.map(({ directory }) => directory) : null;
}

interface Item extends vscode.QuickPickItem {
  directory?: string;
  isStudy?: boolean;
}

/** Studies on top, then runs, of which several can be chosen. */
async function pick({ library }: Services): Promise<string[]> {
  await library.ready;
  const runs = library.runs().sort((a, b) => inOrder(a.summary, b.summary));
  if (runs.length === 0) throw new UserError(vscode.l10n.t('There are no runs yet.'));
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const studies = await studyItems();
  const runItems = runs.map(
    (run): Item => ({
      label: `$(${stateIcons[run.summary.state].icon}) ${run.summary.name}`,
      description: runDescription(run, { traits: library.traits(run), now: Date.now() }),
      detail: run.summary.id,
      directory: run.directory,
    }),
  );
  const items = [
    ...(studies.length > 0 ? [separator(vscode.l10n.t('Studies')), ...studies] : []),
    separator(vscode.l10n.t('Runs')),
    ...runItems,
  ];
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    placeHolder: vscode.l10n.t('A study, or runs to compare'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  const study = chosen?.find(({ isStudy }) => isStudy);
  return [...(study ? [study] : (chosen ?? []))].flatMap(({ directory }) => directory ?? []);
}

async function studyItems(): Promise<Item[]> {
  const { listStudyFolders, readStudy, studiesDirectoryOf } = await import('../studies/folder/index.js');
  const roots = (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map((folder) => studiesDirectoryOf(runsDirectory(folder)));
  const folders = (await Promise.all(roots.map((root) => listStudyFolders(root)))).flat().reverse();
  const items: Item[] = [];
  for (const directory of folders) {
    try {
      const { manifest, runs } = await readStudy(directory);
      items.push({
        label: `$(beaker) ${manifest.name}`,
        description: vscode.l10n.t('study of {0} runs', runs.length),
        detail: basename(directory),
        directory,
        isStudy: true,
      });
    } catch (error) {
      // A damaged study is not offered; runs are.
      if (!(error instanceof KnownError)) throw error;
    }
  }
  return items;
}
