/** The experiment of a file as it stands in the editor, or a message with the way to what is wrong with it. */
import * as vscode from 'vscode';
import type { Experiment, LoadOptions } from '../experiment/index.js';
import { UserError } from '../views/index.js';
import type { Services } from './services.js';

/** @param engine what the engine `auto` stands for, without which it stays so; or the one that will run it anyway */
export async function readExperiment(
  { problems }: Services,
  uri: vscode.Uri,
  engine: Pick<LoadOptions, 'auto' | 'engine'> = {},
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
