/** What a new run is made from, and where: an experiment file as it stands in the editor, or another run. */
import * as vscode from 'vscode';
import type { NewRun } from '../actions/index.js';
import type { Experiment, ExperimentProblem } from '../experiment/index.js';
import { type CheckedExperiment, runsDirectory, UserError } from '../views/index.js';
import { chooseFolder } from './choose-folder.js';
import { chooseExperiment } from './pick.js';
import type { Services } from './services.js';

/** Null when the person chose none. */
export async function chooseNewRun(services: Services, argument: unknown): Promise<NewRun | null> {
  const uri = await chooseExperiment(argument);
  return uri && newRunOfFile(services, uri);
}

/** @param set overrides, as `key=value`. @returns null when the person chose no folder for its runs */
export async function newRunOfFile(
  services: Services,
  uri: vscode.Uri,
  set: readonly string[] = [],
): Promise<NewRun | null> {
  if (uri.scheme !== 'file') {
    throw new UserError(vscode.l10n.t('Save the experiment first: its runs remember the file.'), {
      title: vscode.l10n.t('Save'),
      run: () => vscode.commands.executeCommand('workbench.action.files.save'),
    });
  }
  const folder = await chooseFolder(uri);
  if (!folder) return null;
  return {
    experimentFile: uri.fsPath,
    runsDirectory: runsDirectory(folder),
    read: (engine) => readExperiment(services, uri, engine, set),
  };
}

/** @throws UserError with the way to what is wrong with it */
async function readExperiment(
  { problems }: Services,
  uri: vscode.Uri,
  engine: Parameters<NewRun['read']>[0],
  set: readonly string[],
): Promise<Experiment> {
  const document = await vscode.workspace.openTextDocument(uri);
  // The run remembers the file: what is trained must be what it says.
  if (document.isDirty && !(await document.save())) {
    throw new UserError(vscode.l10n.t('{0} could not be saved. Save it, then start again.', uri.fsPath));
  }
  return experimentOrThrow(await problems.check(document, engine, set), (first) => ({
    title: vscode.l10n.t('Show'),
    run: async () => {
      const position = document.validatePosition(new vscode.Position(first.line - 1, first.column - 1));
      await vscode.commands.executeCommand('workbench.actions.view.problems');
      await vscode.window.showTextDocument(document, { selection: new vscode.Range(position, position) });
    },
  }));
}

/**
 * @param show the way to a problem
 * @throws UserError with the first problem
 */
export function experimentOrThrow(
  checked: CheckedExperiment,
  show?: (problem: ExperimentProblem) => NonNullable<UserError['action']>,
): Experiment {
  if ('experiment' in checked) return checked.experiment;
  const [first, ...others] = checked.problems;
  if (!first) throw new UserError(vscode.l10n.t('The experiment cannot be run.'));
  const message =
    others.length > 0 ? vscode.l10n.t('{0} (and {1} more)', first.message, others.length) : first.message;
  throw new UserError(`${message}. ${first.hint}`.trim(), show?.(first));
}
