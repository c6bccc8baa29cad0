/** The notes of a run as a document in the editor, which are kept in its run.json. */
import { posix } from 'node:path';
import * as vscode from 'vscode';
import { oneLine, runTitle } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';

const scheme = 'g2rl-notes';

/** A document's address is the run's folder and, below it, a file that its tab shows as the name. */
export class RunNotes extends Disposable implements vscode.FileSystemProvider {
  readonly #changed = this.register(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  readonly onDidChangeFile = this.#changed.event;
  /** Documents that were opened, by the run's folder, with the notes that they have seen. */
  readonly #open = new Map<string, { uri: vscode.Uri; notes: string; time: number }>();

  constructor(
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.workspace.registerFileSystemProvider(scheme, this, { isCaseSensitive: true }));
    this.register(library.onDidChange(({ run }) => this.#look(run)));
  }

  async edit(run: WatchedRun): Promise<void> {
    const name = oneLine(runTitle(run.summary), 80).replaceAll(/[\\/]/g, '-');
    const file = vscode.Uri.joinPath(vscode.Uri.file(run.directory), vscode.l10n.t('Notes of {0}.md', name));
    await vscode.window.showTextDocument(file.with({ scheme }), { preview: false });
  }

  watch(): vscode.Disposable {
    return { dispose: () => {} };
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { notes, time } = await this.#notes(uri);
    const stat = { type: vscode.FileType.File, ctime: 0, mtime: time, size: Buffer.byteLength(notes) };
    return vscode.workspace.isTrusted ? stat : { ...stat, permissions: vscode.FilePermission.Readonly };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return Buffer.from((await this.#notes(uri)).notes, 'utf8');
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const run = await this.#run(uri);
    if (!vscode.workspace.isTrusted) throw vscode.FileSystemError.NoPermissions(uri);
    const notes = Buffer.from(content).toString('utf8');
    const { updateManifest } = await import('../runs/read/index.js');
    await updateManifest(run.directory, { notes });
    this.#open.set(run.directory, { uri, notes, time: Date.now() });
    await this.library.refresh(run.directory);
    this.log.info(`Notes of ${run.directory} saved`);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  async #run(uri: vscode.Uri): Promise<WatchedRun> {
    await this.library.ready;
    const { fsPath } = uri.with({ scheme: 'file', path: posix.dirname(uri.path) });
    const run = this.library.run(fsPath);
    if (!run) throw vscode.FileSystemError.FileNotFound(uri);
    return run;
  }

  async #notes(uri: vscode.Uri): Promise<{ notes: string; time: number }> {
    const run = await this.#run(uri);
    const notes = run.summary.manifest.notes ?? '';
    const known = this.#open.get(run.directory);
    if (known?.notes === notes) return known;
    const opened = { uri, notes, time: Date.now() };
    this.#open.set(run.directory, opened);
    return opened;
  }

  /** Notes that were changed elsewhere. */
  #look({ directory, summary }: WatchedRun): void {
    const known = this.#open.get(directory);
    if (!known || known.notes === (summary.manifest.notes ?? '')) return;
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri: known.uri }]);
  }
}
