/** What is typed into a cell of the table, written into the run. */
import * as vscode from 'vscode';
import type { EditableField } from '../../contract/index.js';
import { updateManifest } from '../../runs/read/index.js';
import { UserError } from '../index.js';

const longestName = 200;

/** @throws {UserError} when the text cannot be the field's @throws {RunFileError} */
export async function editRun(directory: string, field: EditableField, value: string): Promise<void> {
  if (!vscode.workspace.isTrusted)
    throw new UserError(vscode.l10n.t('Runs are changed in trusted workspaces only.'));
  if (field === 'notes') await updateManifest(directory, { notes: value });
  else if (field === 'tags') await updateManifest(directory, { tags: tagsOf(value) });
  else {
    const name = value.trim();
    if (name === '') throw new UserError(vscode.l10n.t('A run needs a name.'));
    if (name.length > longestName) throw new UserError(vscode.l10n.t('At most {0} characters.', longestName));
    await updateManifest(directory, { name });
  }
}

function tagsOf(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  return [...new Set(tags)].filter((tag) => tag !== '');
}
