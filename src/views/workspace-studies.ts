/** The studies of all workspace folders, read again when their files change and while a runner is at work. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { reasonOf } from '../errors.js';
import type { StudyFolder } from '../studies/folder/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { RunLibrary } from './run-library.js';
import { runsDirectory } from './settings.js';
import { isAtWork, type StudyLibrary } from './study-library.js';
import { Throttle } from './throttle.js';

/** A runner that was killed writes nothing that could be noticed. */
const pollMilliseconds = 2000;

export class WorkspaceStudies extends Disposable implements StudyLibrary {
  readonly #changed = this.register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  readonly #look = this.register(
    new Throttle(500, () => logFailure(this.log, 'Looking for studies', this.refresh())),
  );
  readonly #watchers = new Map<string, vscode.Disposable>();
  #studies: readonly StudyFolder[] = [];
  #signature = '';
  #unreadable = '';
  /** One look after the other. */
  #looking: Promise<void> = Promise.resolve();

  constructor(
    library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const look = () => this.#look.request();
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(look));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(look));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('g2rl.runsDirectory')) look();
      }),
    );
    // The first run of a study that a terminal began.
    this.register(
      library.onDidChange(({ kind, run }) => {
        if (kind !== 'changed' && run.summary.manifest.study) look();
      }),
    );
    const timer = setInterval(() => {
      if (this.#studies.some(isAtWork)) look();
    }, pollMilliseconds);
    this.register({ dispose: () => clearInterval(timer) });
    this.register({
      dispose: () => {
        for (const watcher of this.#watchers.values()) watcher.dispose();
      },
    });
    look();
  }

  studies(): readonly StudyFolder[] {
    return this.#studies;
  }

  study(directory: string): StudyFolder | undefined {
    return this.#studies.find((study) => study.directory === directory);
  }

  ofFile(file: string): StudyFolder | undefined {
    return this.#studies.find(({ manifest }) => manifest.file === file);
  }

  refresh(): Promise<void> {
    const next = this.#looking.then(() => this.#read());
    // A failure goes to the caller; the next one starts fresh.
    this.#looking = next.catch(() => {});
    return next;
  }

  async #read(): Promise<void> {
    const roots = this.#watchRoots().filter(existsSync);
    // Without studies nothing of them is loaded.
    if (roots.length === 0 && this.#studies.length === 0) return;
    const { listStudyFolders, readStudy } = await import('../studies/folder/index.js');
    const found: StudyFolder[] = [];
    const unreadable: string[] = [];
    for (const root of roots) {
      for (const folder of await listStudyFolders(root)) {
        try {
          found.push(await readStudy(folder));
        } catch (error) {
          unreadable.push(reasonOf(error));
        }
      }
    }
    if (this.disposed) return;
    const problems = unreadable.join('\n');
    if (problems !== '' && problems !== this.#unreadable) this.log.warn(problems);
    this.#unreadable = problems;
    found.sort((a, b) => (a.manifest.id < b.manifest.id ? 1 : -1));
    const signature = JSON.stringify(found.map(signatureOf));
    this.#studies = found;
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#changed.fire();
  }

  /** @returns the folders that studies are kept in, each watched from now on */
  #watchRoots(): string[] {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    // Studies are kept beside the runs.
    const roots = new Set(folders.map((folder) => join(dirname(runsDirectory(folder)), 'studies')));
    for (const [root, watcher] of this.#watchers) {
      if (roots.has(root)) continue;
      watcher.dispose();
      this.#watchers.delete(root);
    }
    for (const root of roots) {
      if (this.#watchers.has(root)) continue;
      const pattern = new vscode.RelativePattern(vscode.Uri.file(root), '**/*.{json,jsonl}');
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      const look = () => this.#look.request();
      const events = [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete].map((on) => on(look));
      this.#watchers.set(root, vscode.Disposable.from(watcher, ...events));
    }
    return [...roots];
  }
}

/** All but the heartbeat. */
function signatureOf({ directory, manifest, state, status, runs }: StudyFolder) {
  return [
    basename(directory),
    manifest.study,
    state,
    status && [status.step, status.totalSteps, status.failed, status.error],
    runs.map((run) => run.directory),
  ];
}
