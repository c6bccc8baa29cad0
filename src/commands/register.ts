/** The table of commands: what each is called and runs. */
import * as vscode from 'vscode';
import { userAction } from '../views/index.js';
import { type CommandId, commandIds } from './command-ids.js';
import { withRemedy } from './remedies.js';
import type { Services } from './services.js';

type Handler = (services: Services, argument: unknown, second: unknown) => Promise<void>;

/** Titles stand in front of error messages. The modules behind them are evaluated on first use only. */
const handlers: Record<CommandId, { title: string; run: Handler }> = {
  'g2rl.newExperiment': {
    title: vscode.l10n.t('New Experiment'),
    run: async (services) => (await import('./new-experiment.js')).newExperiment(services),
  },
  'g2rl.startTraining': {
    title: vscode.l10n.t('Start Training'),
    run: async (services, argument) =>
      (await import('./start-training.js')).startTraining(services, argument),
  },
  'g2rl.stopTraining': {
    title: vscode.l10n.t('Stop Training'),
    run: async (services, argument) => (await import('./stop-training.js')).stopTraining(services, argument),
  },
  'g2rl.stopAll': {
    title: vscode.l10n.t('Stop All Training'),
    run: async (services) => (await import('./stop-training.js')).stopAll(services),
  },
  'g2rl.resume': {
    title: vscode.l10n.t('Resume Training'),
    run: async (services, argument) => (await import('./resume.js')).resume(services, argument),
  },
  'g2rl.openDashboard': {
    title: vscode.l10n.t('Open Dashboard'),
    run: async (services, argument) => (await import('./run-files.js')).openDashboard(services, argument),
  },
  'g2rl.previewRun': {
    title: vscode.l10n.t('Open Dashboard'),
    run: async (services, argument, benchmark) =>
      (await import('./run-files.js')).previewRun(services, argument, benchmark),
  },
  'g2rl.keepDashboard': {
    title: vscode.l10n.t('Keep Dashboard Open'),
    run: async (services) => (await import('./run-files.js')).keepDashboard(services),
  },
  'g2rl.evaluateCheckpoint': {
    title: vscode.l10n.t('Evaluate Checkpoint'),
    run: async (services, argument) => (await import('./evaluate.js')).evaluateCheckpoint(services, argument),
  },
  'g2rl.revealRunFolder': {
    title: vscode.l10n.t('Reveal Run Folder'),
    run: async (services, argument) => (await import('./run-files.js')).revealRunFolder(services, argument),
  },
  'g2rl.revealCheckpoint': {
    title: vscode.l10n.t('Reveal Checkpoint Folder'),
    run: async (services, argument) => (await import('./run-files.js')).revealCheckpoint(services, argument),
  },
  'g2rl.openExperimentFile': {
    title: vscode.l10n.t('Open Experiment File'),
    run: async (services, argument) =>
      (await import('./run-files.js')).openExperimentFile(services, argument),
  },
  'g2rl.showLog': {
    title: vscode.l10n.t('Show Log'),
    run: async (services, argument) => (await import('./run-files.js')).showLog(services, argument),
  },
  'g2rl.copyRunId': {
    title: vscode.l10n.t('Copy Run ID'),
    run: async (services, argument) => (await import('./run-files.js')).copyRunId(services, argument),
  },
  'g2rl.renameRun': {
    title: vscode.l10n.t('Rename Run'),
    run: async (services, argument) => (await import('./edit-run.js')).renameRun(services, argument),
  },
  'g2rl.editNotes': {
    title: vscode.l10n.t('Edit Notes'),
    run: async (services, argument) => (await import('./edit-run.js')).editNotes(services, argument),
  },
  'g2rl.editTags': {
    title: vscode.l10n.t('Edit Tags'),
    run: async (services, argument) => (await import('./edit-tags.js')).editTags(services, argument),
  },
  'g2rl.pinRun': {
    title: vscode.l10n.t('Pin Run'),
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, true),
  },
  'g2rl.unpinRun': {
    title: vscode.l10n.t('Unpin Run'),
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, false),
  },
  'g2rl.deleteRun': {
    title: vscode.l10n.t('Delete Run'),
    run: async (services, argument) => (await import('./delete-run.js')).deleteRun(services, argument),
  },
  'g2rl.setUpTorch': {
    title: vscode.l10n.t('Set Up GPU Engine'),
    run: ({ torch }) => torch.open(),
  },
  'g2rl.newSlurmScript': {
    title: vscode.l10n.t('New Slurm Script'),
    run: async (services, argument) =>
      (await import('./new-slurm-script.js')).newSlurmScript(services, argument),
  },
  'g2rl.filterRuns': {
    title: vscode.l10n.t('Filter Runs'),
    run: async (services) => (await import('./run-list.js')).filterRuns(services),
  },
  'g2rl.clearFilter': {
    title: vscode.l10n.t('Clear Filter'),
    run: async (services) => (await import('./run-list.js')).clearFilter(services),
  },
  'g2rl.sortRuns': {
    title: vscode.l10n.t('Sort Runs'),
    run: async (services) => (await import('./run-list.js')).sortRuns(services),
  },
  'g2rl.groupRuns': {
    title: vscode.l10n.t('Group Runs'),
    run: async (services) => (await import('./run-list.js')).groupRuns(services),
  },
  'g2rl.refresh': { title: vscode.l10n.t('Refresh Runs'), run: (services) => services.library.refresh() },
};

/** Registers every command; dispose the result to unregister them. */
export function registerCommands(services: Services): vscode.Disposable {
  return vscode.Disposable.from(
    ...commandIds.map((id) => {
      const { title, run } = handlers[id];
      return vscode.commands.registerCommand(id, (argument: unknown, second: unknown) =>
        userAction(services.log, title, () =>
          run(services, argument, second).catch((error: unknown) => {
            throw withRemedy(error);
          }),
        ),
      );
    }),
  );
}
