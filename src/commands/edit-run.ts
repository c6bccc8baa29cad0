/** Name, notes and pin of a run: the fields of run.json that users may change. */
import * as vscode from 'vscode';
import { oneLine } from '../runs/facts/index.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

const longestName = 120;

export async function renameRun({ library }: Services, argument: unknown): Promise<void> {
  requireTrust('Renaming a run');
  const run = await chooseRun(library, argument, {
    placeholder: 'Run to rename',
    filter: () => true,
    none: 'There are no runs yet.',
    takeOnly: true,
  });
  if (!run) return;
  const name = await vscode.window.showInputBox({
    title: 'Rename Run',
    prompt: `The id ${run.summary.id} stays.`,
    value: run.summary.name,
    validateInput: (value) => {
      if (value.trim() === '') return 'Give it a name.';
      return value.trim().length > longestName ? `At most ${longestName} characters.` : undefined;
    },
  });
  if (name === undefined || name.trim() === run.summary.name) return;
  const { updateManifest } = await import('../runs/read/index.js');
  await updateManifest(run.directory, { name: name.trim() });
}

export async function editNotes({ library }: Services, argument: unknown): Promise<void> {
  requireTrust('Editing notes');
  const run = await chooseRun(library, argument, {
    placeholder: 'Run whose notes to edit',
    filter: () => true,
    none: 'There are no runs yet.',
    takeOnly: true,
  });
  if (!run) return;
  const before = run.summary.manifest.notes ?? '';
  const notes = await vscode.window.showInputBox({
    title: `Notes of ${oneLine(run.summary.name, 60)}`,
    prompt: 'Shown when you hover over the run. Leave empty to remove them.',
    value: before,
  });
  if (notes === undefined || notes === before) return;
  const { updateManifest } = await import('../runs/read/index.js');
  await updateManifest(run.directory, { notes: notes.trim() });
}

export async function setPinned({ library }: Services, argument: unknown, pinned: boolean): Promise<void> {
  requireTrust(pinned ? 'Pinning a run' : 'Unpinning a run');
  const run = await chooseRun(library, argument, {
    placeholder: pinned ? 'Run to pin' : 'Run to unpin',
    filter: (candidate) => (candidate.summary.manifest.pinned ?? false) !== pinned,
    none: pinned ? 'Every run is pinned already.' : 'No run is pinned.',
  });
  if (!run) return;
  const { updateManifest } = await import('../runs/read/index.js');
  await updateManifest(run.directory, { pinned });
}
