/** `g2rl` in the editor's terminals: a small folder in front of the PATH, and the Node that runs what is in it. */
import { delimiter } from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';

export class TerminalCommand extends Disposable {
  constructor(
    private readonly environment: vscode.EnvironmentVariableCollection,
    private readonly extensionUri: vscode.Uri,
  ) {
    super();
    // What the terminals of an earlier window were given: it stays until it is taken back.
    if (vscode.workspace.isTrusted) this.#contribute();
    else environment.clear();
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#contribute()));
  }

  #contribute(): void {
    const folder = vscode.Uri.joinPath(this.extensionUri, 'bin').fsPath;
    this.environment.description = vscode.l10n.t('Adds the command `g2rl` of this extension to the PATH.');
    // At the start of a shell, and again after its own files, which may replace the PATH.
    const options = { applyAtProcessCreation: true, applyAtShellIntegration: true };
    this.environment.prepend('PATH', `${folder}${delimiter}`, options);
    this.environment.replace('G2RL_NODE', process.execPath, options);
  }
}
