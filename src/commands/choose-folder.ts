/** Which workspace folder something is written to. */
import * as vscode from 'vscode';
import { UserError } from '../views/index.js';

/** The workspace folder to write to: that of a file, the only one, or picked. */
export async function chooseFolder(uri?: vscode.Uri): Promise<vscode.WorkspaceFolder | null> {
  const folder = uri && vscode.workspace.getWorkspaceFolder(uri);
  if (folder) return folder;
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new UserError(vscode.l10n.t('No folder is open. Runs are stored in the open folder.'), {
      title: vscode.l10n.t('Open Folder'),
      run: () => vscode.commands.executeCommand('vscode.openFolder'),
    });
  }
  if (folders.length === 1) return folders[0] ?? null;
  return (
    (await vscode.window.showWorkspaceFolderPick({
      placeHolder: vscode.l10n.t('Folder to store the runs in'),
    })) ?? null
  );
}
