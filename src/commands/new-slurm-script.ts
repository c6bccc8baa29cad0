/** New Slurm Script: makes a run for several machines, and the batch script that starts it, to be seen and edited. */
import * as vscode from 'vscode';
import { runsDirectory } from '../views/index.js';
import { chooseExperiment, chooseFolder } from './pick.js';
import { readExperiment } from './read-experiment.js';
import type { Services } from './services.js';
import { inspectTorch, planTorchHere } from './torch.js';
import { mediaDirectory } from './trainer.js';
import { requireTrust } from './trust.js';

export async function newSlurmScript(services: Services, argument: unknown): Promise<void> {
  requireTrust('Making a run');
  const uri = await chooseExperiment(argument);
  if (!uri) return;
  const experiment = await readExperiment(services, uri, { engine: 'torch' });
  const folder = await chooseFolder(uri);
  if (!folder) return;
  const report = await inspectTorch(services);
  // Here the script is only written: neither this machine's GPUs nor its memory count.
  const { asOneProcess } = await import('../engines/torch/plan/index.js');
  const { torch, ...alone } = asOneProcess(experiment);
  const { python, versions } = await planTorchHere({ ...alone, torch: { ...torch, cpu: true } }, report);
  const { createSlurmRun } = await import('../actions/index.js');
  const { script, directory } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Preparing the run', cancellable: true },
    (progress, token) =>
      createSlurmRun(
        {
          experiment,
          experimentFile: uri.fsPath,
          runsDirectory: runsDirectory(folder),
          mediaDirectory: mediaDirectory(services),
          version: services.version,
          torch: {
            device: `${experiment.torch.nodes} × ${experiment.torch.processes} GPUs, Slurm`,
            versions,
          },
        },
        {
          python,
          packageFolder: vscode.Uri.joinPath(services.extensionUri, 'src', 'torch').fsPath,
          hooks: {
            log: (message) => progress.report({ message }),
            stopRequested: () => token.isCancellationRequested,
          },
        },
      ),
  );
  services.log.info(`Wrote ${script}`);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(script));
  await services.library.refresh();
  const run = services.library.run(directory);
  if (run) await services.tree.reveal(run);
}
