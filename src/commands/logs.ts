/** Logs of other programs in this window: opened, shown in an editor, and followed as long as the window is open. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ImportedLog } from '../actions/logs/index.js';
import { errorText } from '../errors.js';
import type { FoundRun, TableMap } from '../logs/index.js';
import {
  type Dashboards,
  Disposable,
  logFailure,
  type RunLibrary,
  runsDirectory,
  UserError,
  type WatchedRun,
  withoutLinks,
} from '../views/index.js';
import { chooseFolder } from './choose-folder.js';
import type { LogThread } from './log-thread.js';
import { TableMaps } from './table-maps.js';
import { requireTrust } from './trust.js';

/** Of files that only we can show, and of those that are texts, too. */
const viewTypes = ['g2rl.log', 'g2rl.trainerState'];
const followedKey = 'g2rl.followedLogs';
/** A log that has not grown for so long is not followed again by the next window. */
const longestRestMilliseconds = 24 * 60 * 60 * 1000;

interface Followed {
  run: FoundRun;
  runsDirectory: string;
  directory: string;
  /** Unix time in milliseconds. */
  grown: number;
}

export class Logs extends Disposable implements vscode.CustomReadonlyEditorProvider {
  #thread: Promise<LogThread> | null = null;
  #followed: Followed[] = [];
  readonly #maps: TableMaps;

  constructor(
    private readonly library: RunLibrary,
    private readonly dashboards: Dashboards,
    private readonly extensionUri: vscode.Uri,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.#maps = new TableMaps(state);
    for (const viewType of viewTypes)
      this.register(vscode.window.registerCustomEditorProvider(viewType, this));
    this.register(
      library.onDidChange(({ kind, run }) => {
        if (kind === 'removed') this.#leave(run.directory);
      }),
    );
    this.register({ dispose: () => void this.#thread?.then((thread) => thread.dispose()) });
    logFailure(log, 'Following logs', this.#resume());
  }

  /** The runs of a log, brought up to date and followed from now on. Null when the person stopped it. */
  async open(uri: vscode.Uri): Promise<WatchedRun[] | null> {
    requireTrust(vscode.l10n.t('Opening logs'));
    const folder = await chooseFolder(uri);
    if (!folder) return null;
    const root = runsDirectory(folder);
    const thread = await this.#loaded();
    const found = await this.#choose(await thread.find(uri.fsPath));
    if (found.length === 0) return null;
    const imported = await this.#import(thread, found, root);
    if (!imported) return null;
    await this.library.refresh();
    for (const [index, { directory }] of imported.entries()) {
      const run = found[index];
      if (run) this.#follow(thread, { run, runsDirectory: root, directory, grown: Date.now() });
    }
    this.#report(imported);
    return imported.flatMap(({ directory }) => this.library.run(directory) ?? []);
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => {} };
  }

  /** An editor of a log is the dashboard of its run. */
  async resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): Promise<void> {
    const [run] = (await this.open(document.uri)) ?? [];
    if (!run) throw new UserError(vscode.l10n.t('{0} was not read.', basename(document.uri.fsPath)));
    this.dashboards.showIn(panel, run);
  }

  async #choose(found: readonly FoundRun[]): Promise<FoundRun[]> {
    if (found.length < 2) return [...found];
    const items = found.map((run) => ({
      label: run.name,
      description: run.format,
      detail: run.source,
      picked: true,
      run,
    }));
    const chosen = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Open Logs'),
      placeHolder: vscode.l10n.t('Runs to open'),
      canPickMany: true,
      matchOnDetail: true,
    });
    return chosen?.map(({ run }) => run) ?? [];
  }

  async #import(thread: LogThread, found: FoundRun[], root: string): Promise<ImportedLog[] | null> {
    const { UnmappedError } = await import('./log-thread.js');
    for (;;) {
      try {
        return await this.#withProgress(thread, found, root);
      } catch (error) {
        if (!(error instanceof UnmappedError)) throw error;
        const map = await this.#maps.of(error.columns);
        if (!map) return null;
        const asked = found.findIndex(({ source }) => source === error.columns.file);
        if (asked < 0 || isSameMap(found[asked]?.map, map)) throw error;
        found[asked] = { ...found[asked]!, map };
      }
    }
  }

  async #withProgress(
    thread: LogThread,
    found: readonly FoundRun[],
    root: string,
  ): Promise<ImportedLog[] | null> {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Reading logs'),
      cancellable: true,
    };
    return vscode.window.withProgress(options, async (progress, token) => {
      const cancel = new AbortController();
      const listening = token.onCancellationRequested(() => cancel.abort());
      try {
        return await thread.import(found, root, cancel.signal, (name, share) =>
          progress.report({ message: withoutLinks(`${name}: ${Math.round(100 * share)} %`) }),
        );
      } catch (error) {
        if (cancel.signal.aborted) return null;
        throw error;
      } finally {
        listening.dispose();
      }
    });
  }

  #report(imported: readonly ImportedLog[]): void {
    for (const { name, skipped, firstSkipped } of imported) {
      if (skipped === 0) continue;
      const text = vscode.l10n.t(
        '{0}: {1} entries were left out. The first: {2}',
        name,
        skipped,
        firstSkipped ?? '',
      );
      this.log.warn(text);
      vscode.window.showWarningMessage(withoutLinks(text)).then(undefined, () => {});
    }
  }

  async #loaded(): Promise<LogThread> {
    this.#thread ??= import('./log-thread.js').then(({ LogThread: Thread }) => {
      const file = vscode.Uri.joinPath(this.extensionUri, 'dist', 'logs.cjs').fsPath;
      return new Thread(file, {
        grown: (run) => this.#grown(run),
        trouble: ({ source }, reason) => this.log.warn(`${source}: ${reason}`),
      });
    });
    return this.#thread;
  }

  #follow(thread: LogThread, followed: Followed): void {
    this.#followed = [
      ...this.#followed.filter(({ directory }) => directory !== followed.directory),
      followed,
    ];
    thread.follow(followed.run, followed.runsDirectory);
    this.#remember();
  }

  #grown(run: FoundRun): void {
    const followed = this.#followed.find((one) => one.run.source === run.source && one.run.run === run.run);
    if (followed) followed.grown = Date.now();
    this.#remember();
  }

  #leave(directory: string): void {
    const left = this.#followed.filter((one) => one.directory === directory);
    if (left.length === 0) return;
    this.#followed = this.#followed.filter((one) => one.directory !== directory);
    this.#remember();
    for (const { run } of left) void this.#thread?.then((thread) => thread.leave(run));
  }

  #remember(): void {
    logFailure(this.log, 'Remembering logs', this.state.update(followedKey, this.#followed));
  }

  /** Goes on with what the window before it followed. */
  async #resume(): Promise<void> {
    const before = this.state.get<Followed[]>(followedKey, []);
    if (before.length === 0) return;
    await this.library.ready;
    const isDue = ({ directory, grown }: Followed) =>
      Date.now() - grown < longestRestMilliseconds && this.library.run(directory) !== undefined;
    const due = before.filter(isDue);
    if (due.length === 0 || !vscode.workspace.isTrusted || this.disposed) return;
    try {
      const thread = await this.#loaded();
      for (const followed of due) this.#follow(thread, followed);
    } catch (error) {
      this.log.warn(`Logs are not followed: ${errorText(error)}`);
    }
  }
}

const isSameMap = (a: TableMap | undefined, b: TableMap): boolean => JSON.stringify(a) === JSON.stringify(b);
