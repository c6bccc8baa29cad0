/** The table of runs in an editor tab: one row a run, live while they train. */
import * as vscode from 'vscode';
import {
  parseTableMessage,
  type TableCommand,
  type TableHostMessage,
  type TablePageMessage,
} from '../../contract/index.js';
import { armPlaces } from '../../studies/folder/index.js';
import {
  Disposable,
  loadPage,
  logFailure,
  type RunLibrary,
  type StudyLibrary,
  Throttle,
  userAction,
  webviewRoot,
} from '../index.js';
import { editRun } from './edit-run.js';
import { exportRuns } from './export-runs.js';
import { TableRows } from './table-rows.js';

/** Of all changes in between the page gets the last. */
const sendMilliseconds = 250;

/** The kind of panel, by which the editor restores it. */
const tableView = 'g2rl.runsTable';

const storedLayout = 'g2rl.runs.table';

/** In the language of the editor, which is known when it is first asked for. */
const tableTitle = () => vscode.l10n.t('Runs');

/** Commands that take several runs at once. */
const commandIds: Record<Exclude<TableCommand, 'open'>, string> = {
  evaluate: 'g2rl.evaluateCheckpoint',
  rejudge: 'g2rl.rejudge',
  resume: 'g2rl.resume',
  notes: 'g2rl.editNotes',
  compare: 'g2rl.compareRuns',
  tag: 'g2rl.editTags',
  pin: 'g2rl.pinRun',
  unpin: 'g2rl.unpinRun',
  archive: 'g2rl.archiveRun',
  unarchive: 'g2rl.unarchiveRun',
  delete: 'g2rl.deleteRun',
};

export class RunsTable extends Disposable {
  #panel: vscode.WebviewPanel | null = null;
  #live = false;
  readonly #rows = new TableRows();
  readonly #touched = new Set<string>();
  /** Runs came, went or changed their manifest. */
  #settingsChanged = false;
  #sentPlaces = '';
  readonly #send = this.register(new Throttle(sendMilliseconds, () => this.#sendChanges()));

  constructor(
    private readonly library: RunLibrary,
    private readonly studies: StudyLibrary,
    private readonly state: vscode.Memento,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      library.onDidChange((change) => {
        if (!this.#live) return;
        this.#touched.add(change.run.directory);
        const isManifest =
          change.kind !== 'changed' ||
          (change.change.kind === 'summary' && change.change.changes.manifest !== undefined);
        this.#settingsChanged ||= isManifest;
        this.#send.request();
      }),
    );
    this.register(studies.onDidChange(() => this.#sendPlaces()));
    this.register(
      vscode.workspace.onDidGrantWorkspaceTrust(() => logFailure(log, tableTitle(), this.#start())),
    );
  }

  open(): void {
    if (this.#panel) {
      this.#panel.reveal();
      return;
    }
    this.adopt(
      vscode.window.createWebviewPanel(tableView, tableTitle(), vscode.ViewColumn.Active, {
        enableScripts: true,
        localResourceRoots: [webviewRoot(this.extensionUri)],
      }),
    );
  }

  /** Fills an empty panel: a new one, or one that the editor has kept over a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    if (this.#panel) {
      panel.dispose();
      return;
    }
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icons', 'dashboard.svg');
    panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value));
    // A hidden page is torn down by the editor; it says that it is ready when it is shown again.
    panel.onDidChangeViewState(() => {
      if (!panel.visible) this.#live = false;
    });
    panel.onDidDispose(() => {
      this.#panel = null;
      this.#live = false;
    });
    this.#panel = panel;
    loadPage(panel.webview, { entry: 'runs', title: tableTitle(), extensionUri: this.extensionUri });
  }

  async #start(): Promise<void> {
    await this.library.ready;
    const started = performance.now();
    const all = this.#rows.all(this.library.runs());
    this.#touched.clear();
    this.#settingsChanged = false;
    this.#live = true;
    const layout = this.state.get<unknown>(storedLayout, null);
    this.#post({ type: 'rows', all, layout, trusted: vscode.workspace.isTrusted });
    this.#sentPlaces = '';
    this.#sendPlaces();
    const milliseconds = (performance.now() - started).toFixed(0);
    this.log.debug(`table of ${all.length} runs made in ${milliseconds} ms`);
  }

  #sendChanges(): void {
    if (!this.#live) return;
    const changes = this.#rows.changes(this.library.runs(), this.#touched, this.#settingsChanged);
    this.#touched.clear();
    this.#settingsChanged = false;
    if (changes.changed.length + changes.removed.length > 0) this.#post({ type: 'changes', ...changes });
  }

  /** Studies change with each of their heartbeats, the places of their variants hardly ever. */
  #sendPlaces(): void {
    if (!this.#live) return;
    const places = Object.fromEntries(armPlaces(this.studies.studies()));
    const text = JSON.stringify(places);
    if (text === this.#sentPlaces) return;
    this.#sentPlaces = text;
    this.#post({ type: 'places', places });
  }

  #post(message: TableHostMessage): void {
    if (this.#panel)
      logFailure(this.log, 'Message to the table of runs', this.#panel.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const message = parseTableMessage(value);
    switch (message?.type) {
      case 'ready':
        logFailure(this.log, tableTitle(), this.#start());
        break;
      case 'command':
        logFailure(this.log, tableTitle(), this.#run(message.command, message.runs));
        break;
      case 'export':
        this.#act(vscode.l10n.t('Export Runs'), () => exportRuns(this.#known(message.runs), message.table));
        break;
      case 'edit':
        this.#act(vscode.l10n.t('Edit Run'), () => this.#edit(message));
        break;
      case 'layout':
        logFailure(this.log, 'Remembering', this.state.update(storedLayout, message.layout));
        break;
      case 'painted':
        this.log.debug(`table of ${message.rows} rows painted in ${message.milliseconds.toFixed(0)} ms`);
        break;
      case 'error':
        this.log.error(`The table of runs failed: ${message.message}`);
        break;
      case undefined:
        this.log.warn('A message from the table of runs was refused.');
        break;
    }
  }

  #act(title: string, action: () => Promise<void>): void {
    logFailure(this.log, title, userAction(this.log, title, action));
  }

  /** Of what a page names only runs that are there: their folders are read and deleted. */
  #known(directories: readonly string[]): string[] {
    return directories.filter((directory) => this.library.run(directory) !== undefined);
  }

  async #run(command: TableCommand, directories: readonly string[]): Promise<void> {
    const known = this.#known(directories);
    if (known.length === 0) return;
    if (command !== 'open') await vscode.commands.executeCommand(commandIds[command], known);
    else for (const directory of known) await vscode.commands.executeCommand('g2rl.openDashboard', directory);
  }

  async #edit({ run, field, value }: Extract<TablePageMessage, { type: 'edit' }>): Promise<void> {
    const [directory] = this.#known([run]);
    if (!directory) return;
    await editRun(directory, field, value);
    await this.library.refresh(directory);
  }
}
