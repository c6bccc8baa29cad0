/** The table of commands: what each is called and runs. */
import * as vscode from 'vscode';
import { userAction } from '../views/index.js';
import { type CommandId, commandIds } from './command-ids.js';
import { withRemedy } from './remedies.js';
import type { Services } from './services.js';

type Handler = (services: Services, argument: unknown) => Promise<void>;

/** Titles stand in front of error messages. The modules behind them are evaluated on first use only. */
const handlers: Record<CommandId, { title: string; run: Handler }> = {
  'g2rl.newExperiment': {
    title: 'New Experiment',
    run: async (services) => (await import('./new-experiment.js')).newExperiment(services),
  },
  'g2rl.startTraining': {
    title: 'Start Training',
    run: async (services, argument) =>
      (await import('./start-training.js')).startTraining(services, argument),
  },
  'g2rl.startWithChanges': {
    title: 'Start Training with Changes',
    run: async (services, argument) =>
      (await import('./start-with-changes.js')).startWithChanges(services, argument),
  },
  'g2rl.runAgain': {
    title: 'Run Again',
    run: async (services, argument) => (await import('./run-again.js')).runAgain(services, argument),
  },
  'g2rl.runAgainWithSeed': {
    title: 'Run Again with Another Seed',
    run: async (services, argument) => (await import('./run-again.js')).runAgainWithSeed(services, argument),
  },
  'g2rl.runAgainWithChanges': {
    title: 'Run Again with Changes',
    run: async (services, argument) =>
      (await import('./run-again.js')).runAgainWithChanges(services, argument),
  },
  'g2rl.saveSettings': {
    title: 'Save Settings as Experiment',
    run: async (services, argument) => (await import('./run-again.js')).saveSettings(services, argument),
  },
  'g2rl.stopTraining': {
    title: 'Stop Training',
    run: async (services, argument) => (await import('./stop-training.js')).stopTraining(services, argument),
  },
  'g2rl.stopAll': {
    title: 'Stop All Training',
    run: async (services) => (await import('./stop-training.js')).stopAll(services),
  },
  'g2rl.resume': {
    title: 'Resume Training',
    run: async (services, argument) => (await import('./resume.js')).resume(services, argument),
  },
  'g2rl.openDashboard': {
    title: 'Open Dashboard',
    run: async (services, argument) => (await import('./run-files.js')).openDashboard(services, argument),
  },
  'g2rl.evaluateCheckpoint': {
    title: 'Evaluate Checkpoint',
    run: async (services, argument) => (await import('./evaluate.js')).evaluateCheckpoint(services, argument),
  },
  'g2rl.revealRunFolder': {
    title: 'Reveal Run Folder',
    run: async (services, argument) => (await import('./run-files.js')).revealRunFolder(services, argument),
  },
  'g2rl.revealCheckpoint': {
    title: 'Reveal Checkpoint Folder',
    run: async (services, argument) => (await import('./run-files.js')).revealCheckpoint(services, argument),
  },
  'g2rl.openExperimentFile': {
    title: 'Open Experiment File',
    run: async (services, argument) =>
      (await import('./run-files.js')).openExperimentFile(services, argument),
  },
  'g2rl.showLog': {
    title: 'Show Log',
    run: async (services, argument) => (await import('./run-files.js')).showLog(services, argument),
  },
  'g2rl.copyRunId': {
    title: 'Copy Run ID',
    run: async (services, argument) => (await import('./run-files.js')).copyRunId(services, argument),
  },
  'g2rl.renameRun': {
    title: 'Rename Run',
    run: async (services, argument) => (await import('./edit-run.js')).renameRun(services, argument),
  },
  'g2rl.editNotes': {
    title: 'Edit Notes',
    run: async (services, argument) => (await import('./edit-run.js')).editNotes(services, argument),
  },
  'g2rl.pinRun': {
    title: 'Pin Run',
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, true),
  },
  'g2rl.unpinRun': {
    title: 'Unpin Run',
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, false),
  },
  'g2rl.deleteRun': {
    title: 'Delete Run',
    run: async (services, argument) => (await import('./delete-run.js')).deleteRun(services, argument),
  },
  'g2rl.setUpTorch': {
    title: 'Set Up GPU Engine',
    run: ({ torch }) => torch.open(),
  },
  'g2rl.newSlurmScript': {
    title: 'New Slurm Script',
    run: async (services, argument) =>
      (await import('./new-slurm-script.js')).newSlurmScript(services, argument),
  },
  'g2rl.refresh': { title: 'Refresh Runs', run: (services) => services.library.refresh() },
};

/** Registers every command; dispose the result to unregister them. */
export function registerCommands(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    ...commandIds.map((id) => {
      const { title, run } = handlers[id];
      return vscode.commands.registerCommand(id, (argument: unknown) =>
        userAction(services.log, title, () =>
          run(services, argument).catch((error: unknown) => {
            throw withRemedy(error);
          }),
        ),
      );
    }),
  );
}
