/** Try the Judge: one editor tab, which survives a reload of the window. Its code is loaded on first use. */
import * as vscode from 'vscode';
import { type JudgedPair, parsePair } from '../contract/index.js';
import { Disposable, webviewRoot } from '../views/index.js';
import type { JudgePanel } from '../views/judge/index.js';

const viewType = 'g2rl.judge';

export class JudgeTrials extends Disposable implements vscode.WebviewPanelSerializer {
  #panel: JudgePanel | null = null;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(viewType, this));
  }

  /** @param argument a pair to begin with, from a page that shows a response */
  async open(argument: unknown): Promise<void> {
    const pair = parsePair(argument);
    if (this.#panel && !this.#panel.disposed) {
      this.#panel.show(pair);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      viewType,
      vscode.l10n.t('Try the Judge'),
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [webviewRoot(this.extensionUri)] },
    );
    await this.#fill(panel, pair);
  }

  /** The editor has an empty panel from before the reload; its page has kept what was written in it. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    panel.title = vscode.l10n.t('Try the Judge');
    await this.#fill(panel, null);
  }

  async #fill(panel: vscode.WebviewPanel, pair: JudgedPair | null): Promise<void> {
    const { JudgePanel } = await import('../views/judge/index.js');
    this.#panel = this.register(new JudgePanel(panel, this.extensionUri, this.log, pair));
  }
}
