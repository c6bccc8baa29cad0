/** Writes what a page exports, where a person says. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { KnownError, reasonOf } from '../errors.js';
import { oneLine } from '../runs/facts/index.js';

/** Endings of file names, and what they are called in the dialog. */
const kinds = {
  csv: 'CSV',
  markdown: 'Markdown',
  latex: 'LaTeX',
  png: 'PNG',
  svg: 'SVG',
} as const;
export type FileKind = keyof typeof kinds;
const endings: Readonly<Record<FileKind, string>> = {
  csv: 'csv',
  markdown: 'md',
  latex: 'tex',
  png: 'png',
  svg: 'svg',
};

/** Whether it was written: false when no place was chosen. @throws {KnownError} */
export async function saveFile(name: string, kind: FileKind, content: string | Uint8Array): Promise<boolean> {
  const ending = endings[kind];
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const base = oneLine(name, 80).replace(/[^\p{L}\p{N}._-]+/gu, '-');
  const uri = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(folder, `${base}.${ending}`)),
    filters: { [kinds[kind]]: [ending] },
    title: vscode.l10n.t('Export'),
  });
  if (!uri) return false;
  try {
    await writeFile(uri.fsPath, content);
  } catch (error) {
    throw new KnownError(vscode.l10n.t('{0} could not be written: {1}', uri.fsPath, reasonOf(error)));
  }
  return true;
}
