/** The experiment file that a new run is made from, and where: as it stands in the editor, and of its workspace folder. */
import * as vscode from 'vscode';
import type { NewRun } from '../actions/index.js';
import type { Experiment } from '../experiment/index.js';
import { runsDirectory, UserError } from '../views/index.js';
import { chooseExperiment, chooseFolder } from './pick.js';
import type { Services } from './services.js';

/** Null when the person chose none. */
export async function chooseNewRun(services: Services, argument: unknown): Promise<NewRun | null> {
  const uri = await chooseExperiment(argument);
  const folder = uri && (await chooseFolder(uri));
  if (!uri || !folder) return null;
  return {
    experimentFile: uri.fsPath,
    runsDirectory: runsDirectory(folder),
    read: (engine) => readExperiment(services, uri, engine),
  };
}

/** @throws UserError with the way to what is wrong with it */
async function readExperiment(
  { problems }: Services,
  uri: vscode.Uri,
  engine: Parameters<NewRun['read']>[0],
): Promise<Experiment> {
  const document = await vscode.workspace.openTextDocument(uri);
  // The run remembers the file: what is trained must be what it says.
  if (document.isDirty && !(await document.save())) {
    throw new UserError(`${uri.fsPath} could not be saved. Save it, then start again.`);
  }
  const checked = await problems.check(document, engine);
  if ('experiment' in checked) return checked.experiment;
  const [first] = checked.problems;
  const count = checked.problems.length;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  throw new UserError(
    `${first?.message ?? 'The experiment cannot be run'}${more}. ${first?.hint ?? ''}`.trim(),
    {
      title: 'Show',
      run: async () => {
        const position = document.validatePosition(
          new vscode.Position((first?.line ?? 1) - 1, (first?.column ?? 1) - 1),
        );
        await vscode.commands.executeCommand('workbench.actions.view.problems');
        await vscode.window.showTextDocument(document, { selection: new vscode.Range(position, position) });
      },
    },
  );
}
