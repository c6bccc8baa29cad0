/** The study, or the study file, that a command is about. Each gives null when the person chose nothing. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { StudyFolder } from '../studies/folder/index.js';
import { studyDescription, studyIcons, studyPattern, UserError } from '../views/index.js';
import type { Services } from './services.js';

const studyFile = /\.g2rl-study\.jsonc?$/;

/** The directory of the study that an argument names: a row of the explorer, or the directory itself. */
function directoryOf(argument: unknown): string | undefined {
  if (typeof argument === 'string') return argument;
  const isNode = typeof argument === 'object' && argument !== null && 'kind' in argument && 'key' in argument;
  return isNode && argument.kind === 'study' ? String(argument.key) : undefined;
}

/** The study file that is being edited, where one is. */
function activeFile(): vscode.Uri | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' && studyFile.test(uri.path) ? uri : undefined;
}

export interface StudyPick {
  placeholder: string;
  filter: (study: StudyFolder) => boolean;
  /** What to say when there is none. */
  none: string;
}

/** The study that the argument or the file being edited names, the only one, or the one that is picked. */
export async function chooseStudy(
  { studies, library }: Services,
  argument: unknown,
  { placeholder, filter, none }: StudyPick,
): Promise<StudyFolder | null> {
  await studies.refresh();
  const directory = directoryOf(argument);
  const file = argument instanceof vscode.Uri ? argument : activeFile();
  const named = directory ? studies.study(directory) : file && studies.ofFile(file.fsPath);
  if (named && filter(named)) return named;
  if (directory !== undefined || argument instanceof vscode.Uri) throw new UserError(none);
  const fitting = studies.studies().filter(filter);
  const [first] = fitting;
  if (!first) throw new UserError(none);
  if (fitting.length === 1) return first;
  const items = fitting.map((study) => ({
    label: `$(${studyIcons[study.state].icon}) ${study.manifest.name}`,
    description: studyDescription(study, (folder) => library.run(folder), Date.now()),
    detail: study.manifest.id,
    study,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: placeholder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.study ?? null;
}

/** The study file that was clicked, is being edited, is the only one, or is picked. */
export async function chooseStudyFile({ studies }: Services, argument: unknown): Promise<vscode.Uri | null> {
  if (argument instanceof vscode.Uri) return argument;
  const directory = directoryOf(argument);
  const known = directory && studies.study(directory);
  if (known) return vscode.Uri.file(known.manifest.file);
  const active = activeFile();
  if (active) return active;
  const found = await vscode.workspace.findFiles(studyPattern, '**/{node_modules,.g2rl}/**', 500);
  if (found.length === 0) {
    throw new UserError(vscode.l10n.t('This workspace has no study file (*.g2rl-study.json) yet.'), {
      title: vscode.l10n.t('New Study'),
      run: () => vscode.commands.executeCommand('g2rl.newStudy'),
    });
  }
  if (found.length === 1) return found[0] ?? null;
  const items = found
    .map((uri) => ({ label: basename(uri.fsPath), description: vscode.workspace.asRelativePath(uri), uri }))
    .sort((a, b) => a.description.localeCompare(b.description));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Study to start'),
    matchOnDescription: true,
  });
  return chosen?.uri ?? null;
}
