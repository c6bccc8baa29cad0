/** Start Training: from an experiment file to a run whose trainer is alive. */
import * as vscode from 'vscode';
import type { CreateRunOptions } from '../runs/control/index.js';
import { isAlive } from '../runs/facts/index.js';
import { runsDirectory } from '../views/index.js';
import { chooseExperiment, chooseFolder, runsOfUri } from './pick.js';
import { readExperiment } from './read-experiment.js';
import type { Services } from './services.js';
import { mediaDirectory, torchPackage, trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

export async function startTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust('Training');
  const uri = await chooseExperiment(argument);
  if (!uri) return;
  const ready = await makeReady(services, uri);
  const folder = ready && (await chooseFolder(uri));
  if (!folder || !(await confirmAnother(services, uri))) return;
  await vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, async () => {
    const directory = await launch(services, uri, folder, ready);
    services.log.info(`Started ${directory}`);
    await services.library.refresh();
    const run = services.library.run(directory);
    if (run) await services.tree.reveal(run);
  });
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

/** An experiment and what it is started with. */
interface Ready extends Pick<CreateRunOptions, 'experiment' | 'torch' | 'engineReason'> {
  /** Interpreter of the torch engine. */
  python?: string;
}

/** Null when a person thought better of it. */
async function makeReady(services: Services, uri: vscode.Uri): Promise<Ready | null> {
  let experiment = await readExperiment(services, uri);
  if (experiment.engine === 'embedded') return { experiment };
  const { chooseEngineHere, confirmPlan, inspectTorch, planTorchHere } = await import('./torch.js');
  const report = await inspectTorch(services);
  let reason: Pick<Ready, 'engineReason'> = {};
  if (experiment.engine === 'auto') {
    const choice = await chooseEngineHere(report);
    services.log.info(choice.reason);
    vscode.window.setStatusBarMessage(`G2RL: ${choice.reason}`, 10_000);
    reason = { engineReason: choice.reason };
    experiment = await readExperiment(services, uri, { auto: choice.engine });
    if (choice.engine === 'embedded') return { experiment, ...reason };
  }
  const plan = await planTorchHere(experiment, report);
  if (!(await confirmPlan(plan))) return null;
  return { experiment, torch: plan, python: plan.python, ...reason };
}

async function launch(
  services: Services,
  uri: vscode.Uri,
  folder: vscode.WorkspaceFolder,
  { python, ...ready }: Ready,
): Promise<string> {
  const { createRun, startTrainer } = await import('../runs/control/index.js');
  const { directory } = await createRun({
    ...ready,
    experimentFile: uri.fsPath,
    runsDirectory: runsDirectory(folder),
    mediaDirectory: mediaDirectory(services),
    version: services.version,
  });
  await startTrainer(directory, {
    trainerPath: trainerPath(services),
    ...(python !== undefined && { torch: { python, packageFolder: torchPackage(services) } }),
  });
  return directory;
}
