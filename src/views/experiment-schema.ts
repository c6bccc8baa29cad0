/**
 * The JSON Schema of experiment files. The editor asks for it with the first of them that is opened, wherever it came
 * from; that is what activates the extension (`onFileSystem` in the manifest), and no other JSON file does.
 */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';

export class ExperimentSchema extends Disposable implements vscode.TextDocumentContentProvider {
  constructor(private readonly extensionUri: vscode.Uri) {
    super();
    this.register(vscode.workspace.registerTextDocumentContentProvider('g2rl-schema', this));
  }

  async provideTextDocumentContent(): Promise<string> {
    const file = vscode.Uri.joinPath(this.extensionUri, 'media', 'schema', 'experiment.schema.json');
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  }
}
