/** What commands need of the torch engine: its environment, and whether it can run an experiment. */
import * as vscode from 'vscode';
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import type { AutoChoice, TorchPlan } from '../engines/torch/plan/index.js';
import type { Experiment } from '../experiment/index.js';
import { UserError } from '../views/index.js';
import { SetupPanel, TorchEnvironment } from '../views/setup/index.js';
import type { Services } from './services.js';

/** One for each window, made on first use. */
let panel: SetupPanel | null = null;

const environmentOf = ({ extensionUri, log }: Services) => new TorchEnvironment(extensionUri, log);

export async function setUpTorch(services: Services): Promise<void> {
  if (!panel) {
    panel = new SetupPanel(environmentOf(services), services.extensionUri, services.log);
    services.subscriptions.push(panel);
  }
  panel.open();
}

/** Looks at the environment, which takes seconds: with a progress in the run explorer. */
export async function inspectTorch(services: Services): Promise<EnvironmentReport> {
  return vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, () =>
    environmentOf(services).inspect(),
  );
}

/** What `auto` stands for here. */
export async function chooseEngineHere(report: EnvironmentReport): Promise<AutoChoice> {
  const { chooseEngine } = await import('../engines/torch/plan/index.js');
  return chooseEngine(report);
}

/** What helps against an EnvironmentError, as a button; without one a person has to change the experiment. */
const remedies: Record<'setup' | 'script', UserError['action']> = {
  setup: {
    title: 'Set Up GPU Engine',
    run: () => vscode.commands.executeCommand('g2rl.setUpTorch'),
  },
  script: {
    title: 'New Slurm Script',
    run: () => vscode.commands.executeCommand('g2rl.newSlurmScript'),
  },
};

/** @throws UserError with what helps, where something does */
export async function planTorchHere(experiment: Experiment, report: EnvironmentReport): Promise<TorchPlan> {
  const { EnvironmentError, planTorch } = await import('../engines/torch/plan/index.js');
  try {
    return planTorch(experiment, report);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    throw new UserError(
      `${error.message} ${error.hint}`,
      error.remedy === null ? undefined : remedies[error.remedy],
    );
  }
}

/** What will hardly work, or slowly, is asked about before it starts. */
export async function confirmPlan({ warnings }: TorchPlan): Promise<boolean> {
  if (warnings.length === 0) return true;
  const [first = '', ...others] = warnings;
  const answer = await vscode.window.showWarningMessage(
    first,
    { modal: true, detail: others.join('\n') },
    'Start Anyway',
  );
  return answer !== undefined;
}
