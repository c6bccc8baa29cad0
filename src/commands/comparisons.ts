/** The editor tabs that compare runs. Their code is loaded on first use. */
import * as vscode from 'vscode';
import { Disposable, type RunLibrary, webviewRoot } from '../views/index.js';

const viewType = 'g2rl.compare';

export class Comparisons extends Disposable implements vscode.WebviewPanelSerializer {
  /** By the folders that are compared. */
  readonly #panels = new Map<string, vscode.WebviewPanel>();

  constructor(
    private readonly library: RunLibrary,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(viewType, this));
  }

  /** @param directories folders of runs, or that of one study */
  async open(directories: readonly string[]): Promise<void> {
    const known = this.#panels.get(keyOf(directories));
    if (known) {
      known.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      viewType,
      vscode.l10n.t('Compare'),
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [webviewRoot(this.extensionUri)] },
    );
    await this.#fill(panel, directories);
  }

  /** The editor has an empty panel from before the reload; `state` is what its page had kept. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const directories = directoriesOf(state);
    if (directories.length === 0) panel.dispose();
    else await this.#fill(panel, directories);
  }

  async #fill(panel: vscode.WebviewPanel, directories: readonly string[]): Promise<void> {
    const key = keyOf(directories);
    this.#panels.set(key, panel);
    panel.onDidDispose(() => this.#panels.delete(key));
    const { ComparePanel } = await import('../views/compare/index.js');
    this.register(new ComparePanel(panel, this.library, this.extensionUri, this.log, directories));
  }
}

const keyOf = (directories: readonly string[]): string => JSON.stringify([...directories].sort());

function directoriesOf(state: unknown): string[] {
  if (typeof state !== 'object' || state === null || !('directories' in state)) return [];
  const { directories } = state;
  return Array.isArray(directories)
    ? directories.filter((directory): directory is string => typeof directory === 'string')
    : [];
}
