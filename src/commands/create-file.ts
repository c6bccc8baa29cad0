/** Writing a new file into the workspace, never over another one. */
import { basename } from 'node:path';
import * as vscode from 'vscode';

/** Writes under the first free name; `createFile` without overwrite decides, so that no file is lost to a race. */
export async function createFile(
  folder: vscode.Uri,
  name: string,
  extension: string,
  text: string,
): Promise<vscode.Uri> {
  const contents = new TextEncoder().encode(text);
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const target = vscode.Uri.joinPath(folder, `${name}${suffix}${extension}`);
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(target, { overwrite: false, ignoreIfExists: false, contents });
    if (!(await exists(target)) && (await vscode.workspace.applyEdit(edit))) return target;
    if (!(await exists(target))) {
      throw new Error(
        vscode.l10n.t(
          '{0} could not be written. Is the folder writable and the disk not full?',
          basename(target.fsPath),
        ),
      );
    }
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
