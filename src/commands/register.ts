/** The table of commands: what each runs. */
import * as vscode from 'vscode';
import { userAction } from '../views/index.js';
import { type CommandId, commandIds } from './command-ids.js';
import { withRemedy } from './remedies.js';
import type { Services } from './services.js';

type Handler = (services: Services, argument: unknown, second: unknown) => Promise<void>;

/** The modules behind them are evaluated on first use only. */
const handlers: Record<CommandId, { run: Handler }> = {
  'g2rl.newExperiment': {
    run: async (services) => (await import('./new-experiment.js')).newExperiment(services),
  },
  'g2rl.startTraining': {
    run: async (services, argument) =>
      (await import('./start-training.js')).startTraining(services, argument),
  },
  'g2rl.startWithChanges': {
    run: async (services, argument) =>
      (await import('./start-with-changes.js')).startWithChanges(services, argument),
  },
  'g2rl.runAgain': {
    run: async (services, argument) => (await import('./run-again.js')).runAgain(services, argument),
  },
  'g2rl.runAgainWithSeed': {
    run: async (services, argument) => (await import('./run-again.js')).runAgainWithSeed(services, argument),
  },
  'g2rl.runAgainWithChanges': {
    run: async (services, argument) =>
      (await import('./run-again.js')).runAgainWithChanges(services, argument),
  },
  'g2rl.saveSettings': {
    run: async (services, argument) => (await import('./run-again.js')).saveSettings(services, argument),
  },
  'g2rl.stopTraining': {
    run: async (services, argument) => (await import('./stop-training.js')).stopTraining(services, argument),
  },
  'g2rl.stopAll': {
    run: async (services) => (await import('./stop-training.js')).stopAll(services),
  },
  'g2rl.resume': {
    run: async (services, argument) => (await import('./resume.js')).resume(services, argument),
  },
  'g2rl.resumeOnProcessor': {
    run: async (services, argument) => (await import('./resume.js')).resumeOnProcessor(services, argument),
  },
  'g2rl.openDashboard': {
    run: async (services, argument) => (await import('./run-files.js')).openDashboard(services, argument),
  },
  'g2rl.searchResponses': {
    run: async (services, argument) => (await import('./run-files.js')).searchResponses(services, argument),
  },
  'g2rl.showPrompts': {
    run: async (services, argument) => (await import('./run-files.js')).showPrompts(services, argument),
  },
  'g2rl.showFindings': {
    run: async (services, argument) => (await import('./run-files.js')).showFindings(services, argument),
  },
  'g2rl.compareRuns': {
    run: async (services, argument) => (await import('./compare-runs.js')).compareRuns(services, argument),
  },
  'g2rl.previewRun': {
    run: async (services, argument, benchmark) =>
      (await import('./run-files.js')).previewRun(services, argument, benchmark),
  },
  'g2rl.keepDashboard': {
    run: async (services) => (await import('./run-files.js')).keepDashboard(services),
  },
  'g2rl.evaluateCheckpoint': {
    run: async (services, argument) => (await import('./evaluate.js')).evaluateCheckpoint(services, argument),
  },
  'g2rl.rejudge': {
    run: async (services, argument) => (await import('./rejudge.js')).rejudge(services, argument),
  },
  'g2rl.revealRunFolder': {
    run: async (services, argument) => (await import('./run-files.js')).revealRunFolder(services, argument),
  },
  'g2rl.revealCheckpoint': {
    run: async (services, argument) => (await import('./run-files.js')).revealCheckpoint(services, argument),
  },
  'g2rl.openExperimentFile': {
    run: async (services, argument) =>
      (await import('./run-files.js')).openExperimentFile(services, argument),
  },
  'g2rl.showLog': {
    run: async (services, argument) => (await import('./run-files.js')).showLog(services, argument),
  },
  'g2rl.copyRunId': {
    run: async (services, argument) => (await import('./run-files.js')).copyRunId(services, argument),
  },
  'g2rl.renameRun': {
    run: async (services, argument) => (await import('./edit-run.js')).renameRun(services, argument),
  },
  'g2rl.editNotes': {
    run: async (services, argument) => (await import('./edit-run.js')).editNotes(services, argument),
  },
  'g2rl.editTags': {
    run: async (services, argument) => (await import('./edit-tags.js')).editTags(services, argument),
  },
  'g2rl.pinRun': {
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, true),
  },
  'g2rl.unpinRun': {
    run: async (services, argument) => (await import('./edit-run.js')).setPinned(services, argument, false),
  },
  'g2rl.archiveRun': {
    run: async (services, argument) => (await import('./edit-run.js')).setArchived(services, argument, true),
  },
  'g2rl.unarchiveRun': {
    run: async (services, argument) => (await import('./edit-run.js')).setArchived(services, argument, false),
  },
  'g2rl.deleteRun': {
    run: async (services, argument) => (await import('./delete-run.js')).deleteRun(services, argument),
  },
  'g2rl.newStudy': {
    run: async (services, argument) => (await import('./new-study.js')).newStudy(services, argument),
  },
  'g2rl.startStudy': {
    run: async (services, argument) => (await import('./start-study.js')).startStudy(services, argument),
  },
  'g2rl.stopStudy': {
    run: async (services, argument) => (await import('./start-study.js')).stopStudy(services, argument),
  },
  'g2rl.resumeStudy': {
    run: async (services, argument) => (await import('./start-study.js')).resumeStudy(services, argument),
  },
  'g2rl.shareReport': {
    run: async (services, argument) => (await import('./share-report.js')).shareReport(services, argument),
  },
  'g2rl.copyReport': {
    run: async (services, argument) => (await import('./share-report.js')).copyReport(services, argument),
  },
  'g2rl.openStudyFile': {
    run: async (services, argument) => (await import('./start-study.js')).openStudyFile(services, argument),
  },
  'g2rl.setUpTorch': {
    run: ({ torch }) => torch.open(),
  },
  'g2rl.showDevices': {
    run: async (services) => (await import('./show-devices.js')).showDevices(services),
  },
  'g2rl.tryJudge': {
    run: ({ judge }, argument) => judge.open(argument),
  },
  'g2rl.newSlurmScript': {
    run: async (services, argument) =>
      (await import('./new-slurm-script.js')).newSlurmScript(services, argument),
  },
  'g2rl.openLogs': {
    run: async (services, argument) => (await import('./open-logs.js')).openLogs(services, argument),
  },
  'g2rl.openRuns': {
    run: ({ table }) => table.open(),
  },
  'g2rl.filterRuns': {
    run: async (services) => (await import('./run-list.js')).filterRuns(services),
  },
  'g2rl.clearFilter': {
    run: async (services) => (await import('./run-list.js')).clearFilter(services),
  },
  'g2rl.sortRuns': {
    run: async (services) => (await import('./run-list.js')).sortRuns(services),
  },
  'g2rl.groupRuns': {
    run: async (services) => (await import('./run-list.js')).groupRuns(services),
  },
  'g2rl.showArchived': {
    run: async (services) => (await import('./run-list.js')).showArchived(services, true),
  },
  'g2rl.hideArchived': {
    run: async (services) => (await import('./run-list.js')).showArchived(services, false),
  },
  'g2rl.refresh': { run: (services) => services.library.refresh() },
};

/** A command as the manifest contributes it, its title in the editor's language. */
interface ContributedCommand {
  command: string;
  title: string;
}

/** Registers every command, its title in front of its errors; dispose the result to unregister them. */
export function registerCommands(
  services: Services,
  contributed: readonly ContributedCommand[],
): vscode.Disposable {
  const titles = new Map(contributed.map(({ command, title }) => [command, title]));
  return vscode.Disposable.from(
    ...commandIds.map((id) => {
      const { run } = handlers[id];
      const title = titles.get(id) ?? id;
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
