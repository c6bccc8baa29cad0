/** Entry of the extension: activate() wires the views and commands to the runs, and does nothing else. */
import { config } from '@vscode/l10n';
import * as vscode from 'vscode';
import {
  Comparisons,
  JudgeTrials,
  Logs,
  OpenRuns,
  registerCommands,
  type Services,
  TorchSetup,
} from './commands/index.js';
import {
  AgentServers,
  ContextKeys,
  Dashboards,
  EndNotifications,
  ExperimentEditors,
  ExperimentProblems,
  LivePanel,
  logFailure,
  RunLogs,
  RunNotes,
  RunTree,
  StatusBar,
  StudyEditors,
  StudyEndNotifications,
  StudyProblems,
  TerminalCommand,
  WorkspaceRuns,
  WorkspaceStudies,
} from './views/index.js';

export interface ExtensionExports {
  /** Time that activate() took, for the benchmark. */
  activationMilliseconds: number;
}

export function activate(context: vscode.ExtensionContext): ExtensionExports {
  const started = performance.now();
  // For texts of code that the terminal shares; `vscode.l10n.t` has them of itself.
  if (vscode.l10n.bundle) config({ contents: vscode.l10n.bundle });
  const log = vscode.window.createOutputChannel('G2RL Lab', { log: true });
  const library = new WorkspaceRuns(log);
  const studies = new WorkspaceStudies(library, log);
  const tree = new RunTree(library, studies, context.workspaceState, log);
  const livePanel = new LivePanel(library, context.extensionUri, log);
  const dashboards = new Dashboards(library, context.extensionUri, log, context.workspaceState);
  const services: Services = {
    library,
    studies,
    tree,
    dashboards,
    comparisons: new Comparisons(library, context.extensionUri, log),
    judge: new JudgeTrials(context.extensionUri, log),
    problems: new ExperimentProblems(context.extensionUri, log),
    studyProblems: new StudyProblems(context.extensionUri, log),
    logs: new RunLogs(library),
    notes: new RunNotes(library, log),
    logsOfOthers: new Logs(library, dashboards, context.extensionUri, context.workspaceState, log),
    table: new OpenRuns(library, studies, context.workspaceState, context.extensionUri, log),
    torch: new TorchSetup(context.extensionUri, log),
    log,
    state: context.workspaceState,
    extensionUri: context.extensionUri,
    version: String(context.extension.packageJSON.version),
  };
  context.subscriptions.push(
    log,
    library,
    studies,
    tree,
    livePanel,
    services.dashboards,
    services.comparisons,
    services.judge,
    services.problems,
    services.studyProblems,
    services.logs,
    services.notes,
    services.logsOfOthers,
    services.table,
    services.torch,
    // Explorer, live panel and dashboard show the same run.
    tree.onDidSelect((run) => livePanel.select(run)),
    services.dashboards.onDidActivate((run) => {
      livePanel.select(run);
      logFailure(log, 'Selecting the run of the dashboard', tree.follow(run));
    }),
    new StatusBar(library),
    new ContextKeys(library, studies, log),
    new EndNotifications(library, studies, log),
    new StudyEndNotifications(studies, log),
    new ExperimentEditors(library, log),
    new StudyEditors(studies, library, log),
    new AgentServers(context.extensionUri, services.version),
    new TerminalCommand(context.environmentVariableCollection, context.extensionUri),
    registerCommands(services, context.extension.packageJSON.contributes.commands),
  );
  // The libraries that read runs are loaded now, without waiting for them.
  logFailure(log, 'Looking for runs', library.start());
  const activationMilliseconds = performance.now() - started;
  log.info(`activated in ${activationMilliseconds.toFixed(1)} ms`);
  return { activationMilliseconds };
}
