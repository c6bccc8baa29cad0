/** The dashboards in the editor area: one panel for each run, which survives a reload of the window. */
import * as vscode from 'vscode';
import { oneLine } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { webviewRoot } from './webview-page.js';
import { WebviewSession } from './webview-session.js';

const viewType = 'g2rl.dashboard';

interface OpenDashboard {
  panel: vscode.WebviewPanel;
  session: WebviewSession;
}

export class Dashboards extends Disposable implements vscode.WebviewPanelSerializer {
  readonly #open = new Map<string, OpenDashboard>();

  constructor(
    private readonly library: RunLibrary,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(viewType, this));
    this.register(
      library.onDidChange(({ kind, run }) => {
        const title = kind === 'removed' ? vscode.l10n.t('{0} (deleted)', panelTitle(run)) : panelTitle(run);
        const panel = this.#open.get(run.directory)?.panel;
        if (panel && panel.title !== title) panel.title = title;
      }),
    );
  }

  open(run: WatchedRun): void {
    const known = this.#open.get(run.directory);
    if (known) {
      known.panel.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(viewType, panelTitle(run), vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [webviewRoot(this.extensionUri)],
    });
    this.#fill(panel, run);
  }

  /** The editor has an empty panel from before the reload; `state` is what its page had saved. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    await this.library.ready;
    const run = this.library.runs().find((candidate) => candidate.summary.id === savedRun(state));
    if (!run || this.#open.has(run.directory)) {
      this.log.info('A dashboard was closed: its run is no longer in this workspace.');
      panel.dispose();
      return;
    }
    panel.title = panelTitle(run);
    this.#fill(panel, run);
  }

  #fill(panel: vscode.WebviewPanel, run: WatchedRun): void {
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icons', 'dashboard.svg');
    const session = new WebviewSession(
      panel.webview,
      { entry: 'dashboard', title: panelTitle(run), extensionUri: this.extensionUri },
      this.library,
      this.log,
    );
    session.show(run);
    const { directory } = run;
    this.#open.set(directory, { panel, session });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) session.hidden();
    });
    panel.onDidDispose(() => {
      session.dispose();
      this.#open.delete(directory);
    });
  }

  override dispose(): void {
    // Panels stay open: the editor keeps them for the next window. Only the feeds end.
    for (const { session } of this.#open.values()) session.dispose();
    super.dispose();
  }
}

function panelTitle(run: WatchedRun): string {
  return oneLine(run.summary.name, 60);
}

function savedRun(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('run' in state)) return null;
  return typeof state.run === 'string' ? state.run : null;
}
