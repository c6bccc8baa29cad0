/** Quick picks: of runs, checkpoints and experiment files. Each gives null when the person chose nothing. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { type CheckpointSummary, compareRuns, isAlive, oneLine, stateText } from '../runs/facts/index.js';
import {
  type RunLibrary,
  type RunNode,
  runDescription,
  stateIcons,
  UserError,
  type WatchedRun,
} from '../views/index.js';
import type { Services } from './services.js';

export interface RunPick {
  placeholder: string;
  /** Which runs can be chosen at all. */
  filter: (run: WatchedRun) => boolean;
  /** What to say when there is none. */
  none: string;
  /** Take the only candidate without asking. */
  takeOnly?: boolean;
}

const runKinds = ['run', 'benchmarks', 'checkpoints', 'benchmark', 'checkpoint'];

/** A row of the explorer that belongs to a run. */
function isRunNode(value: unknown): value is RunNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'key' in value &&
    runKinds.includes(String(value.kind))
  );
}

const isDirectories = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((directory) => typeof directory === 'string');

/** The run that a command's argument names: a node of the explorer or a run's directory. */
function runOfArgument(library: RunLibrary, argument: unknown): WatchedRun | undefined {
  if (typeof argument === 'string') return library.run(argument);
  if (isRunNode(argument)) return library.run(argument.key);
  return undefined;
}

/** The runs of the experiment file that a URI names, newest first. */
function runsOfUri(library: RunLibrary, argument: unknown): WatchedRun[] {
  if (!(argument instanceof vscode.Uri)) return [];
  return library
    .runs()
    .filter((run) => run.summary.manifest.experimentFile === argument.fsPath)
    .sort((a, b) => b.summary.manifest.createdAt.localeCompare(a.summary.manifest.createdAt));
}

/** The run that the argument names or belongs to, else the one that is picked. */
export async function chooseRun(
  library: RunLibrary,
  argument: unknown,
  pick: RunPick,
): Promise<WatchedRun | null> {
  await library.ready;
  const named = runOfArgument(library, argument);
  if (named) {
    if (pick.filter(named)) return named;
    const { name, state } = named.summary;
    throw new UserError(vscode.l10n.t('{0} is {1}. {2}', oneLine(name, 60), stateText(state), pick.none));
  }
  if (typeof argument === 'string' || isRunNode(argument)) {
    throw new UserError(vscode.l10n.t('That run no longer exists.'));
  }
  const ofFile = runsOfUri(library, argument).filter(pick.filter);
  const candidates = ofFile.length > 0 ? ofFile : library.runs().filter(pick.filter);
  const first = candidates[0];
  if (!first) throw new UserError(pick.none);
  // A file's newest run is what its buttons are about.
  if (ofFile.length > 0 && !(pick.takeOnly && ofFile.length > 1)) return first;
  if (candidates.length === 1 && pick.takeOnly) return first;
  return pickRun(library, candidates, pick.placeholder);
}

/** The runs whose folders are given, or that are selected in the explorer with the given one; else as `chooseRun`. */
export async function chooseRuns(
  services: Services,
  argument: unknown,
  pick: RunPick,
): Promise<WatchedRun[]> {
  const selected = namedRuns(services, argument);
  if (selected.length < 2) {
    const run = await chooseRun(services.library, isDirectories(argument) ? argument[0] : argument, pick);
    return run ? [run] : [];
  }
  const fitting = selected.filter(pick.filter);
  if (fitting.length === 0) throw new UserError(pick.none);
  return fitting;
}

/** The runs whose folders are given, or that are selected in the explorer with the given one; none without either. */
export function namedRuns({ library, tree }: Services, argument: unknown): WatchedRun[] {
  const nodes = isRunNode(argument) ? tree.among(argument).filter(isRunNode) : [];
  const named = isDirectories(argument) ? argument : nodes.map(({ key }) => key);
  return [...new Set(named)].flatMap((key) => library.run(key) ?? []);
}

async function pickRun(
  library: RunLibrary,
  runs: readonly WatchedRun[],
  placeholder: string,
): Promise<WatchedRun | null> {
  const order = [...runs].sort(
    (a, b) =>
      Number(isAlive(b.summary.state)) - Number(isAlive(a.summary.state)) ||
      compareRuns(a.summary, b.summary),
  );
  const items = order.map((run) => ({
    label: `$(${stateIcons[run.summary.state].icon}) ${run.summary.name}`,
    description: runDescription(run, { traits: library.traits(run), now: Date.now() }),
    detail: run.summary.id,
    run,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: placeholder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return chosen?.run ?? null;
}

/** A checkpoint of any run: the one of the node, else picked, newest first. */
export async function chooseCheckpoint(
  library: RunLibrary,
  argument: unknown,
): Promise<{ run: WatchedRun; checkpoint: CheckpointSummary } | null> {
  if (isRunNode(argument) && argument.kind === 'checkpoint') {
    const run = library.run(argument.key);
    const checkpoint = run?.summary.checkpoints.find((candidate) => candidate.step === argument.step);
    if (run && checkpoint) return { run, checkpoint };
    throw new UserError(vscode.l10n.t('The checkpoint of step {0} no longer exists.', argument.step));
  }
  const run = await chooseRun(library, argument, {
    placeholder: vscode.l10n.t('Run to take the checkpoint from'),
    filter: (candidate) => candidate.summary.checkpoints.length > 0,
    none: vscode.l10n.t('No run has a checkpoint yet. Training writes the first one after some steps.'),
    takeOnly: true,
  });
  if (!run) return null;
  const items = [...run.summary.checkpoints]
    .sort((a, b) => b.step - a.step)
    .map((checkpoint) => ({
      label: vscode.l10n.t('step {0}', checkpoint.step),
      description: checkpoint.path,
      checkpoint,
    }));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Checkpoint of {0}', oneLine(run.summary.name)),
  });
  return chosen ? { run, checkpoint: chosen.checkpoint } : null;
}

const experimentFile = /\.g2rl\.jsonc?$/;

/** The experiment file that was clicked, is being edited, is the only one, or is picked. */
export async function chooseExperiment(
  argument: unknown,
  placeHolder = vscode.l10n.t('Experiment to train'),
): Promise<vscode.Uri | null> {
  if (argument instanceof vscode.Uri) return argument;
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active && active.scheme === 'file' && experimentFile.test(active.path)) return active;
  const found = await vscode.workspace.findFiles(
    '**/*.{g2rl.json,g2rl.jsonc}',
    '**/{node_modules,.g2rl}/**',
    500,
  );
  if (found.length === 0) {
    const label = vscode.l10n.t('New Experiment');
    const offer = vscode.l10n.t('This workspace has no experiment file (*.g2rl.json) yet.');
    // Without awaiting the answer: the command is over, the message may stay.
    vscode.window.showInformationMessage(offer, label).then((chosen) => {
      if (chosen) void vscode.commands.executeCommand('g2rl.newExperiment');
    });
    return null;
  }
  if (found.length === 1) return found[0] ?? null;
  const items = found
    .map((uri) => ({ label: basename(uri.fsPath), description: vscode.workspace.asRelativePath(uri), uri }))
    .sort((a, b) => a.description.localeCompare(b.description));
  const chosen = await vscode.window.showQuickPick(items, {
    placeHolder,
    matchOnDescription: true,
  });
  return chosen?.uri ?? null;
}
