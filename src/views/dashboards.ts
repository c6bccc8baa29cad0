/** The dashboards in the editor area: one panel for each run, which survives a reload of the window. */
import * as vscode from 'vscode';
import type { DashboardPlace } from '../contract/index.js';
import { oneLine } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { StrandedDashboards } from './stranded-dashboards.js';
import { webviewRoot } from './webview-page.js';
import { WebviewSession } from './webview-session.js';

const viewType = 'g2rl.dashboard';

/** Two activations of a row within this time are a double click. */
const doubleClickMilliseconds = 500;

interface OpenDashboard {
  panel: vscode.WebviewPanel;
  session: WebviewSession;
  run: WatchedRun;
}

export interface ShowOptions {
  /** What of it to look at. */
  place?: DashboardPlace | undefined;
  /** The keyboard stays where it is. */
  preserveFocus?: boolean;
  viewColumn?: vscode.ViewColumn;
  /** What the page kept whose place it takes. */
  state?: unknown;
}

export class Dashboards extends Disposable implements vscode.WebviewPanelSerializer {
  readonly #open = new Map<string, OpenDashboard>();
  /** The dashboard that the next previewed run replaces. */
  #preview: OpenDashboard | null = null;
  #activated: { directory: string; time: number } | null = null;
  readonly #active = this.register(new vscode.EventEmitter<WatchedRun>());
  /** The run whose dashboard became the active editor. */
  readonly onDidActivate = this.#active.event;
  readonly #stranded: StrandedDashboards;

  constructor(
    private readonly library: RunLibrary,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    state: vscode.Memento,
  ) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer(viewType, this));
    this.register(
      library.onDidChange(({ kind, run }) => {
        const dashboard = this.#open.get(run.directory) ?? this.#leftBehind(run);
        if (!dashboard) return;
        // It is back, here or in another folder, and read again from the start.
        if (kind === 'added') this.#turn(dashboard, run);
        const title =
          kind === 'removed' ? vscode.l10n.t('{0} (deleted)', this.#title(run)) : this.#title(run);
        if (dashboard.panel.title === title) return;
        dashboard.panel.title = title;
        this.#stranded.keep();
      }),
    );
    this.#stranded = this.register(
      new StrandedDashboards(viewType, state, {
        ready: library.ready,
        open: () => [...this.#open.values()],
        runOf: (id) => library.runs().find(({ summary }) => summary.id === id),
        adopt: (run, options) => {
          log.info(`The extension host that showed ${run.directory} ended: its dashboard is opened again.`);
          return this.#open.get(run.directory) ?? this.#create(run, options);
        },
      }),
    );
  }

  /** The run whose dashboard is the active editor. */
  get active(): WatchedRun | undefined {
    return [...this.#open.values()].find(({ panel }) => panel.active)?.run;
  }

  /** Shows a run in an editor that belongs to something else, such as its log. */
  showIn(panel: vscode.WebviewPanel, run: WatchedRun): void {
    const page = { entry: 'dashboard' as const, title: this.#title(run), extensionUri: this.extensionUri };
    const session = new WebviewSession(panel.webview, page, this.library, this.log);
    session.show(run);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) session.hidden();
      if (panel.active) this.#active.fire(run);
    });
    panel.onDidDispose(() => session.dispose());
    if (panel.active) this.#active.fire(run);
  }

  /** Shows a run in a dashboard that stays. */
  open(run: WatchedRun, options: ShowOptions = {}): void {
    const shown = this.#show(run, options) ?? this.#create(run, options);
    if (shown === this.#preview) this.keep();
    if (options.place) shown.session.showPlace(options.place);
  }

  /**
   * Shows a run in the one dashboard for a look, in place of the run that was there; the keyboard stays in the explorer.
   * The second of two clicks keeps the dashboard and goes to it.
   */
  preview(run: WatchedRun, place?: DashboardPlace): void {
    const time = performance.now();
    const { directory, time: before } = this.#activated ?? { directory: '', time: 0 };
    const again = directory === run.directory && time - before < doubleClickMilliseconds;
    this.#activated = { directory: run.directory, time };
    const previews = vscode.workspace.getConfiguration('workbench.editor').get('enablePreview', true);
    if (again || !previews) {
      this.open(run, { place, preserveFocus: !again });
      return;
    }
    const options = { place, preserveFocus: true };
    let shown = this.#show(run, options);
    if (!shown && this.#preview && !isPinned(this.#preview.panel)) shown = this.#replace(this.#preview, run);
    if (!shown) {
      shown = this.#create(run, options);
      this.#setPreview(shown);
    }
    if (place) shown.session.showPlace(place);
  }

  /** The dashboard for a look stays; the next look opens another. */
  keep(): void {
    this.#setPreview(null);
  }

  #show(run: WatchedRun, { preserveFocus }: ShowOptions): OpenDashboard | undefined {
    const known = this.#open.get(run.directory);
    known?.panel.reveal(undefined, preserveFocus);
    return known;
  }

  #create(run: WatchedRun, options: ShowOptions): OpenDashboard {
    const { preserveFocus = false, viewColumn = vscode.ViewColumn.Active } = options;
    const place = { viewColumn, preserveFocus };
    const panel = vscode.window.createWebviewPanel(viewType, this.#title(run), place, {
      enableScripts: true,
      localResourceRoots: [webviewRoot(this.extensionUri)],
    });
    return this.#fill(panel, run, options.state);
  }

  #replace(dashboard: OpenDashboard, run: WatchedRun): OpenDashboard {
    this.#turn(dashboard, run);
    dashboard.panel.title = this.#title(run);
    dashboard.panel.reveal(undefined, true);
    return dashboard;
  }

  #turn(dashboard: OpenDashboard, run: WatchedRun): void {
    this.#open.delete(dashboard.run.directory);
    this.#open.set(run.directory, dashboard);
    dashboard.run = run;
    dashboard.session.show(run);
  }

  /** The dashboard of the same run in a folder that is no longer there. */
  #leftBehind(run: WatchedRun): OpenDashboard | undefined {
    return [...this.#open.values()].find(
      (dashboard) =>
        dashboard.run.summary.id === run.summary.id && !this.library.run(dashboard.run.directory),
    );
  }

  #setPreview(dashboard: OpenDashboard | null): void {
    this.#preview = dashboard;
    this.#publishPreview();
  }

  /** For the action that keeps it. */
  #publishPreview(): void {
    const isActive = this.#preview?.panel.active ?? false;
    const done = vscode.commands.executeCommand('setContext', 'g2rl.dashboardIsPreview', isActive);
    logFailure(this.log, 'Context key', done);
  }

  /** The editor has an empty panel from before the reload; `state` is what its page had saved. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    await this.library.ready;
    this.#stranded.restored(savedRun(state));
    const run = this.library.runs().find((candidate) => candidate.summary.id === savedRun(state));
    if (!run || this.#open.has(run.directory)) {
      this.log.info('A dashboard was closed: its run is no longer in this workspace.');
      panel.dispose();
      return;
    }
    panel.title = this.#title(run);
    this.#fill(panel, run);
  }

  #fill(panel: vscode.WebviewPanel, run: WatchedRun, state?: unknown): OpenDashboard {
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icons', 'dashboard.svg');
    const session = new WebviewSession(
      panel.webview,
      { entry: 'dashboard', title: this.#title(run), extensionUri: this.extensionUri, state },
      this.library,
      this.log,
      () => this.#stranded.keep(),
    );
    session.show(run);
    const dashboard = { panel, session, run };
    this.#open.set(run.directory, dashboard);
    this.#stranded.keep();
    panel.onDidChangeViewState(() => {
      if (!panel.visible) session.hidden();
      this.#stranded.keep();
      if (panel.active) this.#active.fire(dashboard.run);
      this.#publishPreview();
    });
    panel.onDidDispose(() => {
      session.dispose();
      this.#open.delete(dashboard.run.directory);
      if (this.#preview === dashboard) this.#setPreview(null);
      this.#stranded.keep();
    });
    if (panel.active) this.#active.fire(run);
    return dashboard;
  }

  #title(run: WatchedRun): string {
    return oneLine([run.summary.name, ...this.library.traits(run)].join(' · '), 60);
  }

  override dispose(): void {
    // Panels stay open: the editor keeps them for the next window. Only the feeds end.
    for (const { session } of this.#open.values()) session.dispose();
    super.dispose();
  }
}

/** Whether the person has pinned its tab. */
function isPinned({ title }: vscode.WebviewPanel): boolean {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .some(
      ({ input, label, isPinned: pinned }) =>
        pinned &&
        label === title &&
        input instanceof vscode.TabInputWebview &&
        input.viewType.endsWith(viewType),
    );
}

function savedRun(state: unknown): string | null {
  if (typeof state !== 'object' || state === null || !('run' in state)) return null;
  return typeof state.run === 'string' ? state.run : null;
}
