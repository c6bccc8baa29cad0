/** Open Runs: the table of runs, whose code is loaded on first use. */
import * as vscode from 'vscode';
import { Disposable, type RunLibrary, type StudyLibrary } from '../views/index.js';
import type { RunsTable } from '../views/runs-table/index.js';

export class OpenRuns extends Disposable implements vscode.WebviewPanelSerializer {
  #table: RunsTable | null = null;

  constructor(
    private readonly library: RunLibrary,
    private readonly studies: StudyLibrary,
    private readonly state: vscode.Memento,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.window.registerWebviewPanelSerializer('g2rl.runsTable', this));
  }

  async open(): Promise<void> {
    (await this.#loaded()).open();
  }

  /** The editor has an empty panel from before a reload. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    (await this.#loaded()).adopt(panel);
  }

  async #loaded(): Promise<RunsTable> {
    const { RunsTable: Table } = await import('../views/runs-table/index.js');
    this.#table ??= this.register(
      new Table(this.library, this.studies, this.state, this.extensionUri, this.log),
    );
    return this.#table;
  }
}
