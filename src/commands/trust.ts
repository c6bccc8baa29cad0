/** The gate in front of everything that starts, signals or changes a run. */
import * as vscode from 'vscode';
import { UserError } from '../views/index.js';

/** @throws UserError with a button when the workspace is in Restricted Mode */
export function requireTrust(doing: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(
    vscode.l10n.t('{0} needs a trusted workspace: it runs a process with the settings of its files.', doing),
    {
      title: vscode.l10n.t('Manage Workspace Trust'),
      run: () => vscode.commands.executeCommand('workbench.trust.manage'),
    },
  );
}
