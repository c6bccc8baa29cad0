/** Delete Run: to the trash, after a question, and never while a process works on it. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { formatBytes, isAlive, oneLine, runTitle } from '../runs/facts/index.js';
import type { WatchedRun } from '../views/index.js';
import { chooseRuns, namedRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

/** Runs that a question names. */
const mostListed = 10;

const nameOf = (run: WatchedRun) => `${oneLine(run.summary.name, 60)} (${basename(run.directory)})`;

export async function deleteRun(services: Services, argument: unknown): Promise<void> {
  const { library, log } = services;
  requireTrust(vscode.l10n.t('Deleting a run'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run to delete'),
    filter: (candidate) => !isAlive(candidate.summary.state),
    none: vscode.l10n.t('Only a run that is not training can be deleted. Stop it first.'),
  });
  const first = runs[0];
  if (!first) return;
  const what = runs.length === 1 ? nameOf(first) : vscode.l10n.t('{0} runs', runs.length);
  const detail = await detailOf(services, runs, namedRuns(services, argument).length - runs.length);
  const toTrash = vscode.l10n.t('Move to Trash');
  const question =
    runs.length === 1
      ? vscode.l10n.t('Move the run {0} to the trash?', what)
      : vscode.l10n.t('Move {0} to the trash?', what);
  if (!(await vscode.window.showWarningMessage(question, { modal: true, detail }, toTrash))) return;
  // They may have been resumed while the question was shown.
  const resumed = runs.find((run) => isAlive((library.run(run.directory) ?? run).summary.state));
  if (resumed) throw new Error(vscode.l10n.t('{0} is training again. Stop it first.', nameOf(resumed)));
  const refused: WatchedRun[] = [];
  for (const run of runs) {
    try {
      await remove(run, true);
      log.info(`Moved to the trash: ${run.directory}`);
    } catch (error) {
      // Remote machines mostly have no trash.
      log.warn(`Trash refused ${run.directory}: ${String(error)}`);
      refused.push(run);
    }
  }
  if (refused.length > 0 && (await confirmPermanent(refused, detail))) {
    for (const run of refused) {
      await remove(run, false);
      log.info(`Deleted ${run.directory}`);
    }
  }
  await library.refresh();
}

function remove(run: WatchedRun, useTrash: boolean): Thenable<void> {
  return vscode.workspace.fs.delete(vscode.Uri.file(run.directory), { recursive: true, useTrash });
}

/** @param training selected runs that are not deleted, because they train */
async function detailOf(
  { library }: Services,
  runs: readonly WatchedRun[],
  training: number,
): Promise<string> {
  const checkpoints = runs.reduce((sum, run) => sum + run.summary.checkpoints.length, 0);
  const files =
    checkpoints === 1
      ? vscode.l10n.t('Metrics, rollouts and 1 checkpoint are deleted, too.')
      : vscode.l10n.t('Metrics, rollouts and {0} checkpoints are deleted, too.', checkpoints);
  const sizes = await Promise.all(runs.map(({ directory }) => folderBytes(directory)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const stay = training > 0 ? [vscode.l10n.t('Selected runs that are training ({0}) stay.', training)] : [];
  const loss = [files, vscode.l10n.t('They take {0} on disk.', formatBytes(bytes)), ...stay].join(' ');
  if (runs.length === 1) return loss;
  const titles = runs.map((run) => runTitle(run.summary, library.traits(run)));
  const more = titles.length > mostListed ? ['…'] : [];
  return [...titles.slice(0, mostListed), ...more, '', loss].join('\n');
}

/** What the files of a folder take, links not followed. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  // A file that goes meanwhile takes nothing.
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function confirmPermanent(runs: readonly WatchedRun[], detail: string): Promise<boolean> {
  const [first] = runs;
  const what = runs.length === 1 && first ? nameOf(first) : vscode.l10n.t('{0} runs', runs.length);
  const label = vscode.l10n.t('Delete Permanently');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('This machine could not move {0} to the trash. Delete permanently?', what),
    { modal: true, detail: `${detail} ${vscode.l10n.t('This cannot be undone.')}` },
    label,
  );
  return answer !== undefined;
}
