/** What resolves an error, as the button of its message. */
import * as vscode from 'vscode';
import { errorText, KnownError, type Remedy } from '../errors.js';
import { UserError } from '../views/index.js';

/** The same error with its button, when a part of the extension resolves it. */
export function withRemedy(error: unknown): unknown {
  if (!(error instanceof KnownError) || error.remedy === null) return error;
  return new UserError(errorText(error), buttonOf(error.remedy));
}

function buttonOf(remedy: Remedy): { title: string; run: () => unknown } {
  switch (remedy.kind) {
    case 'setup':
      return {
        title: vscode.l10n.t('Set Up GPU Engine'),
        run: () => vscode.commands.executeCommand('g2rl.setUpTorch'),
      };
    case 'new-script':
      return {
        title: vscode.l10n.t('New Slurm Script'),
        run: () => vscode.commands.executeCommand('g2rl.newSlurmScript'),
      };
    case 'open-script':
      return {
        title: vscode.l10n.t('Open Script'),
        run: async () => vscode.window.showTextDocument(await vscode.workspace.openTextDocument(remedy.file)),
      };
  }
}
