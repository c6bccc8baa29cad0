/** The runs of all workspace folders: one watcher for each runs directory, as folders and settings come and go. */
import * as vscode from 'vscode';
import { errorText } from '../errors.js';
import { distinguish } from '../runs/facts/index.js';
import type { RunsDelta, RunsWatcher, UnreadableRun } from '../runs/read/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { WatchedRun } from './run-feed.js';
import type { LibraryChange, RunLibrary } from './run-library.js';
import { runsDirectory } from './settings.js';

export class WorkspaceRuns extends Disposable implements RunLibrary {
  readonly #changed = this.register(new vscode.EventEmitter<LibraryChange>());
  readonly onDidChange = this.#changed.event;
  readonly #unreadableChanged = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeUnreadable = this.#unreadableChanged.event;
  readonly #watchers = new Map<string, RunsWatcher>();
  /** What tells each run from those of its name, until a run comes, goes or changes its manifest. */
  #traits: Map<string, string[]> | null = null;
  readonly ready: Promise<void>;
  #becomeReady: () => void = () => {};
  /** One reconciliation after the other: folders can change while watchers start. */
  #reconciling: Promise<void> = Promise.resolve();

  constructor(private readonly log: vscode.LogOutputChannel) {
    super();
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    const reconcile = () => logFailure(log, 'Looking for runs', this.#reconcile());
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(reconcile));
    // Until a workspace is trusted its own value of the setting does not count.
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(reconcile));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('g2rl.runsDirectory')) reconcile();
      }),
    );
    this.register({
      dispose: () => {
        for (const watcher of this.#watchers.values()) watcher.dispose();
      },
    });
  }

  /** Resolves when all runs that are there are known. */
  async start(): Promise<void> {
    const started = performance.now();
    try {
      await this.#reconcile();
      this.log.debug(`${this.runs().length} runs read in ${(performance.now() - started).toFixed(0)} ms`);
    } finally {
      this.#becomeReady();
    }
  }

  runs(): WatchedRun[] {
    return [...this.#watchers.values()].flatMap((watcher) => watcher.runs());
  }

  run(directory: string): WatchedRun | undefined {
    for (const watcher of this.#watchers.values()) {
      const run = watcher.run(directory);
      if (run) return run;
    }
    return undefined;
  }

  traits(run: WatchedRun): readonly string[] {
    this.#traits ??= distinguish(this.runs().map(({ summary }) => summary));
    return this.#traits.get(run.summary.id) ?? [];
  }

  unreadable(): UnreadableRun[] {
    return [...this.#watchers.values()].flatMap((watcher) => watcher.unreadable());
  }

  async refresh(directory?: string): Promise<void> {
    await this.ready;
    const watchers = [...this.#watchers.values()];
    const run = directory && watchers.map((watcher) => watcher.run(directory)).find(Boolean);
    if (run) await run.refresh();
    else await Promise.all(watchers.map((watcher) => watcher.refresh()));
  }

  #reconcile(): Promise<void> {
    const next = this.#reconciling.then(() => this.#follow());
    // A failure goes to the caller; the next one starts fresh.
    this.#reconciling = next.catch(() => {});
    return next;
  }

  async #follow(): Promise<void> {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const roots = new Set(folders.map(runsDirectory));
    for (const [root, watcher] of this.#watchers) {
      if (roots.has(root)) continue;
      this.#watchers.delete(root);
      for (const run of watcher.runs()) this.#fire({ kind: 'removed', run });
      watcher.dispose();
    }
    const missing = [...roots].filter((root) => !this.#watchers.has(root));
    if (missing.length === 0) return;
    const { RunsWatcher: Watcher } = await import('../runs/read/index.js');
    await Promise.all(missing.map((root) => this.#open(new Watcher(root))));
  }

  async #open(watcher: RunsWatcher): Promise<void> {
    if (this.disposed) return;
    this.#watchers.set(watcher.root, watcher);
    watcher.onChange((delta) => this.#pass(delta, watcher));
    try {
      await watcher.start();
    } catch (error) {
      this.log.error(`Runs in ${watcher.root} are not watched: ${errorText(error)}`);
    }
  }

  #pass(delta: RunsDelta, watcher: RunsWatcher): void {
    if (delta.kind !== 'unreadable') {
      this.#fire(delta);
      return;
    }
    for (const { directory, reason } of watcher.unreadable()) this.log.warn(`${directory}: ${reason}`);
    this.#unreadableChanged.fire();
  }

  #fire(change: LibraryChange): void {
    const { kind } = change;
    const isSameManifest =
      kind === 'changed' && !(change.change.kind === 'summary' && change.change.changes.manifest);
    if (!isSameManifest) this.#traits = null;
    this.#changed.fire(change);
  }
}
