/**
 * Tabs of dashboards that belong to nobody. When the extension host ends and another one begins, the editor keeps the
 * tabs of the first, but nothing that their pages send arrives any more, and the serializer is asked only for tabs of an
 * earlier window. A tab that is shown and still belongs to nobody after a while is one of these: a dashboard of its run
 * takes its place. Which run that is, and what the page kept, the workspace remembers.
 */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { WebviewSession } from './webview-session.js';

const stateKey = 'g2rl.dashboards';
/** Time in which the editor asks for the dashboards of an earlier window to be restored. */
const settleMilliseconds = 3000;

interface Kept {
  /** `RunSummary.id` */
  run: string;
  /** Of its tab. */
  title: string;
  column?: vscode.ViewColumn | undefined;
  /** What the page keeps: where it is, and how it is looked at. */
  state?: unknown;
}

interface Owner {
  /** Resolves when it is known which runs there are. */
  ready: Promise<void>;
  /** The dashboards of this host. */
  open(): readonly { panel: vscode.WebviewPanel; session: WebviewSession; run: WatchedRun }[];
  runOf(id: string): WatchedRun | undefined;
  adopt(
    run: WatchedRun,
    options: { viewColumn: vscode.ViewColumn; preserveFocus: boolean; state: unknown },
  ): void;
}

export class StrandedDashboards extends Disposable {
  /** Those that the host before this one had open, and that are not open here yet. */
  #before: readonly Kept[];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly viewType: string,
    private readonly memento: vscode.Memento,
    private readonly owner: Owner,
  ) {
    super();
    this.#before = memento.get<readonly Kept[]>(stateKey, []);
    this.register(vscode.window.tabGroups.onDidChangeTabs(() => this.#lookSoon()));
    this.register(vscode.window.tabGroups.onDidChangeTabGroups(() => this.#lookSoon()));
    this.register({ dispose: () => clearTimeout(this.#timer) });
    this.#lookSoon();
  }

  /** The editor restores the dashboard of a run by itself. */
  restored(run: string | null): void {
    this.#before = this.#before.filter((kept) => kept.run !== run);
  }

  /** Remembers what is open; of what the host before this one had open, what is not open again. */
  keep(): void {
    if (this.disposed) return;
    const open = this.owner.open().map(
      ({ panel, session, run }): Kept => ({
        run: run.summary.id,
        title: panel.title,
        column: panel.viewColumn,
        state: session.state,
      }),
    );
    void this.memento.update(stateKey, [...open, ...this.#before]);
  }

  #lookSoon(): void {
    if (this.#before.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.owner.ready.then(() => this.#look()), settleMilliseconds);
  }

  #look(): void {
    if (this.disposed) return;
    for (const { activeTab, viewColumn } of vscode.window.tabGroups.all) {
      if (!activeTab || !(activeTab.input instanceof vscode.TabInputWebview)) continue;
      // The editor puts its own name before the type.
      if (!activeTab.input.viewType.endsWith(this.viewType)) continue;
      const owned = this.owner.open().some(({ panel }) => panel.visible && panel.viewColumn === viewColumn);
      if (!owned) this.#replace(activeTab, viewColumn);
    }
    // Those whose tab was closed meanwhile are not waited for.
    const labels = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
    this.#before = this.#before.filter((kept) => labels.includes(kept.title));
    this.keep();
  }

  #replace(tab: vscode.Tab, viewColumn: vscode.ViewColumn): void {
    const fits = this.#before.filter(({ title }) => title === tab.label);
    const kept = fits.find(({ column }) => column === viewColumn) ?? fits[0];
    const run = kept && this.owner.runOf(kept.run);
    if (!kept || !run) return;
    this.#before = this.#before.filter((one) => one !== kept);
    this.owner.adopt(run, { viewColumn, preserveFocus: true, state: kept.state });
    void vscode.window.tabGroups.close(tab, true);
  }
}
