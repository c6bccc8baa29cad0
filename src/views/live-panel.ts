/** The compact panel under the run explorer: the selected run, else the newest alive one, else the newest. */
import * as vscode from 'vscode';
import { defaultRun, oneLine } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { Throttle } from './throttle.js';
import { WebviewSession } from './webview-session.js';

const followMilliseconds = 250;

export class LivePanel extends Disposable implements vscode.WebviewViewProvider {
  #view: vscode.WebviewView | null = null;
  #session: WebviewSession | null = null;
  #selected: WatchedRun | null = null;
  readonly #look = this.register(new Throttle(followMilliseconds, () => this.#follow()));

  constructor(
    private readonly library: RunLibrary,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.window.registerWebviewViewProvider('g2rl.livePanel', this));
    this.register(
      library.onDidChange((change) => {
        if (change.kind === 'changed' && change.change.kind !== 'summary') return;
        const isGone = change.kind === 'removed' && this.#selected?.directory === change.run.directory;
        if (isGone) this.#selected = null;
        this.#look.request();
      }),
    );
    this.register({ dispose: () => this.#session?.dispose() });
  }

  /** Follows this run until another is selected; null follows the newest. */
  select(run: WatchedRun | null): void {
    this.#selected = run;
    this.#follow();
  }

  async resolveWebviewView(view: vscode.WebviewView): Promise<void> {
    await this.library.ready;
    this.#session?.dispose();
    const session = new WebviewSession(
      view.webview,
      { entry: 'panel', title: vscode.l10n.t('G2RL live'), extensionUri: this.extensionUri },
      this.library,
      this.log,
    );
    this.#view = view;
    this.#session = session;
    view.onDidChangeVisibility(() => {
      if (!view.visible) session.hidden();
    });
    view.onDidDispose(() => {
      session.dispose();
      if (this.#session !== session) return;
      this.#session = null;
      this.#view = null;
    });
    this.#follow();
  }

  #follow(): void {
    if (!this.#session) return;
    const run = this.#selected ?? defaultRun(this.library.runs());
    this.#session?.show(run);
    const description = run ? oneLine([run.summary.name, ...this.library.traits(run)].join(' · '), 60) : '';
    if (this.#view && this.#view.description !== description) this.#view.description = description;
  }
}
