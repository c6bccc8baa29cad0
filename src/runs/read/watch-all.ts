/** All runs under a root folder: which there are, which come and go, and what changes in each. */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errorText } from '../../errors.js';
import { hasEnded } from '../facts/index.js';
import { errorCode, isSettled, runFileError, signOf } from '../protocol/index.js';
import { Coalescer, Listeners, type Subscription } from './events.js';
import { type FolderWatch, matters, seesBelow, watchFolder } from './folder-watch.js';
import { inTurn } from './in-turn.js';
import type { RunDelta } from './reader.js';
import { endedPollMilliseconds, RunWatcher, trailingMilliseconds } from './watch.js';

export interface UnreadableRun {
  directory: string;
  /** What is wrong and what to do, for people. */
  reason: string;
}

export type RunsDelta =
  | { kind: 'added'; run: RunWatcher }
  | { kind: 'removed'; run: RunWatcher }
  | { kind: 'changed'; run: RunWatcher; change: RunDelta }
  /** The list of folders that cannot be read as runs changed. */
  | { kind: 'unreadable' };

/** Folders in the runs root that may be runs. @throws {RunFileError} */
export async function listRunFolders(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
      .map((entry) => join(root, entry.name))
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', root);
  }
}

/**
 * How often the root is looked at: file watchers do not report a root that is created together with its parents, moved,
 * or replaced, and nothing of what another machine does on a network drive.
 */
const rootMilliseconds = 2000;

/** Folders that are looked at each time without a reason: with thousands of them it costs no more than with hundreds. */
const mostLooks = 200;

export class RunsWatcher {
  readonly root: string;
  readonly #runs = new Map<string, RunWatcher>();
  readonly #unreadable = new Map<string, string>();
  readonly #listeners = new Listeners<RunsDelta>();
  readonly #scanner = new Coalescer(() => this.#scan(), trailingMilliseconds);
  /** By folder, of runs and of what cannot be read as one; empty where the root's watcher sees below it. */
  readonly #watches = new Map<string, FolderWatch | null>();
  /** Folders in which something changed before they were known as runs. */
  readonly #early = new Set<string>();
  /** What may be runs, as it was last listed. */
  #folders: readonly string[] = [];
  /** What the root was like then; null when that says nothing. */
  #listed: string | null = null;
  /** The next one of the folders to look at. */
  #next = 0;
  #sorted: RunWatcher[] | null = null;
  #files: FolderWatch | null = null;
  /** Which folder `#files` watches: null while the root is missing. */
  #identity: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;
  #rootProblem: string | null = null;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** Runs that could be read, by folder name. */
  runs(): readonly RunWatcher[] {
    this.#sorted ??= [...this.#runs.values()].sort((a, b) => (a.directory < b.directory ? -1 : 1));
    return this.#sorted;
  }

  run(directory: string): RunWatcher | undefined {
    return this.#runs.get(resolve(directory));
  }

  unreadable(): UnreadableRun[] {
    const root = this.#rootProblem === null ? [] : [{ directory: this.root, reason: this.#rootProblem }];
    return [...root, ...[...this.#unreadable].map(([directory, reason]) => ({ directory, reason }))];
  }

  onChange(listener: (delta: RunsDelta) => void): Subscription {
    return this.#listeners.add(listener);
  }

  /** Resolves when the runs that are there are known and watched. The root need not exist yet. */
  async start(): Promise<void> {
    await this.#scanner.run();
    this.#scheduleLook();
  }

  /** Looks at everything again. */
  async refresh(): Promise<void> {
    this.#listed = null;
    await this.#scanner.run();
    await inTurn(this.#folders, (folder) => this.#lookAt(folder));
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
    this.#scanner.dispose();
    if (this.#timer) clearTimeout(this.#timer);
    for (const run of this.#runs.values()) run.dispose();
    for (const watch of this.#watches.values()) watch?.close();
    this.#files?.close();
  }

  #scheduleLook(): void {
    if (this.#disposed) return;
    this.#timer = setTimeout(async () => {
      await this.#scanner.run();
      await this.#lookAround();
      this.#scheduleLook();
    }, rootMilliseconds);
    this.#timer.unref();
  }

  /** Looks at some folders in which nothing seems to happen; a run that is alive looks by itself. */
  async #lookAround(): Promise<void> {
    const folders = this.#folders;
    const due = Math.ceil((folders.length * rootMilliseconds) / endedPollMilliseconds);
    const some = Array.from(
      { length: Math.min(due, mostLooks) },
      (_, index) => folders[(this.#next + index) % folders.length]!,
    );
    this.#next = (this.#next + some.length) % Math.max(1, folders.length);
    await inTurn(some, async (folder) => {
      const run = this.#runs.get(folder);
      if (!run || hasEnded(run.summary.state)) await this.#lookAt(folder);
    });
  }

  async #lookAt(folder: string): Promise<void> {
    const run = this.#runs.get(folder);
    await (run ? run.refresh() : this.#add(folder));
  }

  /** Watches the folder that is at the root now; its runs are read again when that is another one than before. */
  async #followRoot(): Promise<void> {
    const identity = await identityOf(this.root);
    if (identity === this.#identity || this.#disposed) return;
    this.#identity = identity;
    this.#listed = null;
    this.#files?.close();
    this.#files =
      identity === null ? null : watchFolder(this.root, (...event) => this.#rootChanged(...event));
    for (const [folder, run] of this.#runs) {
      this.#watch(folder);
      run.changed();
    }
  }

  #rootChanged(path: string | null, kind: 'rename' | 'change'): void {
    const [name = '', ...below] = path?.split(/[\\/]/) ?? [];
    const folder = join(this.root, name);
    if (below.length > 0) this.#changed(folder, below.join('/'));
    // Otherwise something in it changed, which is reported by itself.
    else if (kind === 'rename' && !name.startsWith('.')) {
      this.#listed = null;
      // Another folder may have taken its place.
      if (this.#runs.has(folder)) this.#watch(folder);
      this.#runs.get(folder)?.changed();
      this.#scanner.request();
    }
  }

  #changed(folder: string, path: string | null): void {
    if (!matters(path)) return;
    const run = this.#runs.get(folder);
    if (run) {
      run.changed();
      return;
    }
    this.#early.add(folder);
    this.#scanner.request();
  }

  #watch(folder: string): void {
    if (seesBelow || this.#disposed) return;
    this.#watches.get(folder)?.close();
    this.#watches.set(
      folder,
      watchFolder(folder, (path) => this.#changed(folder, path)),
    );
  }

  #unwatch(folder: string): void {
    this.#watches.get(folder)?.close();
    this.#watches.delete(folder);
  }

  async #scan(): Promise<void> {
    await this.#followRoot();
    const before = this.#folders;
    try {
      await this.#list();
      this.#setRootProblem(null);
    } catch (error) {
      this.#setRootProblem(errorText(error));
      return;
    }
    if (this.#folders !== before) this.#forget(new Set(this.#folders));
    const isUnknown = (folder: string) => !this.#runs.has(folder) && !this.#unreadable.has(folder);
    const wanted = this.#folders.filter((folder) => isUnknown(folder) || this.#early.has(folder));
    await inTurn(wanted, (folder) => this.#add(folder));
  }

  /** @throws {RunFileError} */
  async #list(): Promise<void> {
    const stats = await stat(this.root).catch(() => null);
    const sign = stats && isSettled(stats) ? signOf(stats) : null;
    if (sign !== null && sign === this.#listed) return;
    this.#folders = await listRunFolders(this.root);
    this.#listed = sign;
  }

  /** What is no longer there. */
  #forget(present: ReadonlySet<string>): void {
    for (const folder of [...this.#unreadable.keys()]) {
      if (present.has(folder)) continue;
      this.#unreadable.delete(folder);
      this.#unwatch(folder);
      this.#listeners.emit({ kind: 'unreadable' });
    }
    for (const [folder, run] of this.#runs) if (!present.has(folder)) run.changed();
  }

  #setRootProblem(problem: string | null): void {
    if (this.#rootProblem === problem) return;
    this.#rootProblem = problem;
    this.#listeners.emit({ kind: 'unreadable' });
  }

  async #add(folder: string): Promise<void> {
    if (this.#disposed) return;
    this.#early.delete(folder);
    // Before it is read, so that nothing that happens meanwhile is missed.
    if (!this.#watches.get(folder)) this.#watch(folder);
    try {
      const run = await RunWatcher.open(folder);
      if (this.#disposed || this.#runs.has(folder)) return;
      this.#runs.set(folder, run);
      this.#sorted = null;
      if (this.#unreadable.delete(folder)) this.#listeners.emit({ kind: 'unreadable' });
      run.onChange((change) => this.#runChanged(run, change));
      this.#listeners.emit({ kind: 'added', run });
      run.follow();
      if (this.#early.delete(folder)) run.changed();
    } catch (error) {
      const reason = errorText(error);
      if (this.#unreadable.get(folder) === reason) return;
      this.#unreadable.set(folder, reason);
      this.#listeners.emit({ kind: 'unreadable' });
    }
  }

  #runChanged(run: RunWatcher, change: RunDelta): void {
    this.#listeners.emit({ kind: 'changed', run, change });
    if (change.kind !== 'deleted') return;
    this.#runs.delete(run.directory);
    this.#sorted = null;
    this.#unwatch(run.directory);
    this.#listeners.emit({ kind: 'removed', run });
    run.dispose();
    // A folder of that name may be there again.
    this.#scanner.request();
  }
}

/**
 * The folder that a path leads to, over links; null when there is none. The time of birth tells it from one that took
 * over its number.
 */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return null;
  }
}
