/** All runs under a root folder: which there are, which come and go, and what changes in each. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { errorText } from '../../errors.js';
import { errorCode, runFileError } from '../protocol/index.js';
import { Coalescer, Listeners, type Subscription } from './events.js';
import type { RunDelta } from './reader.js';
import { RunWatcher, trailingMilliseconds, watchFiles } from './watch.js';

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

export class RunsWatcher {
  readonly root: string;
  readonly #runs = new Map<string, RunWatcher>();
  readonly #unreadable = new Map<string, string>();
  readonly #listeners = new Listeners<RunsDelta>();
  readonly #scanner = new Coalescer(() => this.#scan(), trailingMilliseconds);
  #files: FSWatcher | null = null;
  /** Which folder `#files` watches: null while the root is missing. */
  #identity: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;
  #rootProblem: string | null = null;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** Runs that could be read, by folder name. */
  runs(): RunWatcher[] {
    return [...this.#runs.values()].sort((a, b) => (a.directory < b.directory ? -1 : 1));
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
    await this.refresh();
    this.#scheduleScan();
  }

  /** Looks at everything again. */
  async refresh(): Promise<void> {
    await this.#scanner.run();
    await Promise.all(this.runs().map((run) => run.refresh()));
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#listeners.clear();
    this.#scanner.dispose();
    if (this.#timer) clearTimeout(this.#timer);
    await Promise.all(this.runs().map((run) => run.dispose()));
    await this.#files?.close();
  }

  #scheduleScan(): void {
    if (this.#disposed) return;
    this.#timer = setTimeout(async () => {
      await this.#scanner.run();
      this.#scheduleScan();
    }, rootMilliseconds);
    this.#timer.unref();
  }

  /** Watches the folder that is at the root now; its runs are read again when that is another one than before. */
  async #followRoot(): Promise<void> {
    const identity = await identityOf(this.root);
    if (identity === this.#identity) return;
    this.#identity = identity;
    await this.#files?.close();
    this.#files = null;
    for (const run of this.#runs.values()) run.changed();
    if (identity === null) return;
    const files = await watchFiles(this.root, 2);
    if (this.#disposed) {
      await files.close();
      return;
    }
    this.#files = files;
    files.on('all', (_event, path) => this.#changed(path));
    files.on('error', () => this.#scanner.request());
    // What happened before it watched.
    files.once('ready', () => {
      this.#scanner.request();
      for (const run of this.#runs.values()) run.changed();
    });
  }

  #changed(path: string): void {
    const folder = relative(this.root, path).split(sep)[0];
    const run = folder ? this.#runs.get(join(this.root, folder)) : undefined;
    if (run) run.changed();
    else this.#scanner.request();
  }

  async #scan(): Promise<void> {
    await this.#followRoot();
    let folders: string[];
    try {
      folders = await listRunFolders(this.root);
      this.#setRootProblem(null);
    } catch (error) {
      this.#setRootProblem(errorText(error));
      return;
    }
    for (const directory of [...this.#unreadable.keys()]) {
      if (!folders.includes(directory)) {
        this.#unreadable.delete(directory);
        this.#listeners.emit({ kind: 'unreadable' });
      }
    }
    await Promise.all(folders.filter((folder) => !this.#runs.has(folder)).map((folder) => this.#add(folder)));
  }

  #setRootProblem(problem: string | null): void {
    if (this.#rootProblem === problem) return;
    this.#rootProblem = problem;
    this.#listeners.emit({ kind: 'unreadable' });
  }

  async #add(directory: string): Promise<void> {
    try {
      const run = await RunWatcher.open(directory);
      if (this.#disposed) return;
      this.#runs.set(directory, run);
      if (this.#unreadable.delete(directory)) this.#listeners.emit({ kind: 'unreadable' });
      run.onChange((change) => this.#runChanged(run, change));
      this.#listeners.emit({ kind: 'added', run });
      await run.start({ files: false });
    } catch (error) {
      const reason = errorText(error);
      if (this.#unreadable.get(directory) === reason) return;
      this.#unreadable.set(directory, reason);
      this.#listeners.emit({ kind: 'unreadable' });
    }
  }

  #runChanged(run: RunWatcher, change: RunDelta): void {
    this.#listeners.emit({ kind: 'changed', run, change });
    if (change.kind !== 'deleted') return;
    this.#runs.delete(run.directory);
    this.#listeners.emit({ kind: 'removed', run });
    void run.dispose();
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
