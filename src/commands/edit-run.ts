/** Name, notes and pin of a run: fields of run.json that users may change. */
import * as vscode from 'vscode';
import { eachRun } from './each-run.js';
import { chooseRun, chooseRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

const longestName = 120;

const noRuns = () => vscode.l10n.t('There are no runs yet.');

export async function renameRun({ library }: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Renaming a run'));
  const run = await chooseRun(library, argument, {
    placeholder: vscode.l10n.t('Run to rename'),
    filter: () => true,
    none: noRuns(),
    takeOnly: true,
  });
  if (!run) return;
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Rename Run'),
    prompt: vscode.l10n.t('The id {0} stays.', run.summary.id),
    value: run.summary.name,
    validateInput: (value) => {
      if (value.trim() === '') return vscode.l10n.t('A run needs a name.');
      return value.trim().length > longestName
        ? vscode.l10n.t('At most {0} characters.', longestName)
        : undefined;
    },
  });
  if (name === undefined || name.trim() === run.summary.name) return;
  const { updateManifest } = await import('../runs/read/index.js');
  await updateManifest(run.directory, { name: name.trim() });
  await library.refresh(run.directory);
}

/** Those of one run as a document of its own, which is saved into it; to those of several a note is added. */
export async function editNotes(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Editing notes'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run whose notes to edit'),
    filter: () => true,
    none: noRuns(),
    takeOnly: true,
  });
  const [first, ...others] = runs;
  if (!first) return;
  if (others.length === 0) {
    await services.notes.edit(first);
    return;
  }
  const note = await vscode.window.showInputBox({
    title: vscode.l10n.t('Note for {0} Runs', runs.length),
    prompt: vscode.l10n.t('It is added to the notes of each, as a paragraph of its own.'),
  });
  if (!note?.trim()) return;
  const { updateManifest } = await import('../runs/read/index.js');
  await eachRun(runs, async (run) => {
    const before = (run.summary.manifest.notes ?? '').trimEnd();
    const notes = before === '' ? note.trim() : `${before}\n\n${note.trim()}`;
    await updateManifest(run.directory, { notes });
    await services.library.refresh(run.directory);
    return undefined;
  });
}

export async function setPinned(services: Services, argument: unknown, pinned: boolean): Promise<void> {
  requireTrust(pinned ? vscode.l10n.t('Pinning a run') : vscode.l10n.t('Unpinning a run'));
  const runs = await chooseRuns(services, argument, {
    placeholder: pinned ? vscode.l10n.t('Run to pin') : vscode.l10n.t('Run to unpin'),
    filter: (candidate) => (candidate.summary.manifest.pinned ?? false) !== pinned,
    none: pinned ? vscode.l10n.t('Every run is pinned already.') : vscode.l10n.t('No run is pinned.'),
  });
  const { updateManifest } = await import('../runs/read/index.js');
  for (const run of runs) {
    await updateManifest(run.directory, { pinned });
    await services.library.refresh(run.directory);
  }
}

/** Archived runs are hidden in lists until the filter asks for them; their folders stay. */
export async function setArchived(services: Services, argument: unknown, archived: boolean): Promise<void> {
  requireTrust(archived ? vscode.l10n.t('Archiving a run') : vscode.l10n.t('Unarchiving a run'));
  const runs = await chooseRuns(services, argument, {
    placeholder: archived ? vscode.l10n.t('Run to archive') : vscode.l10n.t('Run to take out of the archive'),
    filter: (candidate) => (candidate.summary.manifest.archived ?? false) !== archived,
    none: archived ? vscode.l10n.t('Every run is archived already.') : vscode.l10n.t('No run is archived.'),
  });
  const { updateManifest } = await import('../runs/read/index.js');
  for (const run of runs) {
    await updateManifest(run.directory, { archived });
    await services.library.refresh(run.directory);
  }
}
