/** Start Training: from an experiment file to a run whose trainer is alive. */
import * as vscode from 'vscode';
import type { Experiment } from '../experiment/index.js';
import { UserError } from '../views/report.js';
import { isAlive } from '../views/runView.js';
import { runsDirectory } from '../views/settings.js';
import { chooseExperiment, chooseFolder, runsOfUri } from './pick.js';
import type { Services } from './services.js';
import { mediaDirectory, trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

export async function startTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust('Training');
  const uri = await chooseExperiment(argument);
  if (!uri) return;
  const experiment = await readExperiment(services, uri);
  const folder = await chooseFolder(uri);
  if (!folder || !(await confirmAnother(services, uri))) return;
  await vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, async () => {
    const directory = await launch(services, uri, folder, experiment);
    services.log.info(`Started ${directory}`);
    await services.library.refresh();
    const run = services.library.run(directory);
    if (run) await services.tree.reveal(run);
  });
}

async function readExperiment({ problems }: Services, uri: vscode.Uri): Promise<Experiment> {
  const document = await vscode.workspace.openTextDocument(uri);
  // The run remembers the file: what is trained must be what it says.
  if (document.isDirty && !(await document.save())) {
    throw new UserError(`${uri.fsPath} could not be saved. Save it, then start again.`);
  }
  const checked = await problems.check(document);
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

/** Two trainers share the processor: that is allowed, but seldom meant. */
async function confirmAnother({ library }: Services, uri: vscode.Uri): Promise<boolean> {
  await library.ready;
  const alive = runsOfUri(library, uri).find((run) => isAlive(run.summary.state));
  if (!alive) return true;
  const answer = await vscode.window.showWarningMessage(
    `${alive.summary.id} already trains this experiment.`,
    { modal: true, detail: 'A second run shares the processor with it, and both get slower.' },
    'Start Another',
  );
  return answer !== undefined;
}

async function launch(
  services: Services,
  uri: vscode.Uri,
  folder: vscode.WorkspaceFolder,
  experiment: Experiment,
): Promise<string> {
  const { createRun, startTrainer } = await import('../runs/index.js');
  const { directory } = await createRun({
    experiment,
    experimentFile: uri.fsPath,
    runsDirectory: runsDirectory(folder),
    mediaDirectory: mediaDirectory(services),
    version: services.version,
  });
  await startTrainer(directory, { trainerPath: trainerPath(services) });
  return directory;
}
