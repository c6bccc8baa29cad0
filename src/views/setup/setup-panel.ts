/** Set Up GPU Engine: what the torch engine has and what is missing, and one button that installs it. */
import * as vscode from 'vscode';
import { parseSetupMessage, type SetupHostMessage } from '../../contract/index.js';
import type { EnvironmentReport } from '../../engines/torch/environment/index.js';
import { errorText, reportOf } from '../../errors.js';
import { oneLine } from '../../runs/facts/index.js';
import {
  choosePython,
  chosenPython,
  Disposable,
  loadPage,
  logFailure,
  Throttle,
  webviewRoot,
} from '../index.js';
import type { TorchEnvironment } from './torch-environment.js';

/** Lines of an installation that are kept for the page; the rest is in the log. */
const keptLines = 400;
/** pip names a hundred packages in one. */
const longestLine = 4000;
const sendMilliseconds = 100;

/** In the language of the editor, which is known when it is first asked for. */
const setupTitle = () => vscode.l10n.t('Set Up GPU Engine');

export class SetupPanel extends Disposable {
  #panel: vscode.WebviewPanel | null = null;
  #report: EnvironmentReport | null = null;
  #checking: Promise<void> | null = null;
  #installing: AbortController | null = null;
  #lines: string[] = [];
  readonly #sendLines = this.register(
    new Throttle(sendMilliseconds, () => this.#post({ type: 'lines', lines: this.#lines })),
  );

  constructor(
    private readonly environment: TorchEnvironment,
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#check()));
    // A half-finished installation continues when it is started again.
    this.register({ dispose: () => this.#installing?.abort() });
  }

  open(): void {
    if (this.#panel) {
      this.#panel.reveal();
      this.#check();
      return;
    }
    const panel = vscode.window.createWebviewPanel('g2rl.setup', setupTitle(), vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [webviewRoot(this.extensionUri)],
    });
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icons', 'dashboard.svg');
    panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value));
    panel.onDidDispose(() => {
      this.#panel = null;
    });
    this.#panel = panel;
    loadPage(panel.webview, { entry: 'setup', title: setupTitle(), extensionUri: this.extensionUri });
  }

  #post(message: SetupHostMessage): void {
    if (this.#panel)
      logFailure(this.log, 'Message to the setup page', this.#panel.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const message = parseSetupMessage(value);
    switch (message?.type) {
      case 'ready':
        this.#post({ type: 'installing', running: this.#installing !== null });
        this.#post({ type: 'lines', lines: this.#lines });
        if (this.#report)
          this.#post({ type: 'report', report: this.#report, trusted: vscode.workspace.isTrusted });
        else this.#check();
        break;
      case 'check':
        this.#check();
        break;
      case 'install':
        logFailure(this.log, setupTitle(), this.#install(message.cpu));
        break;
      case 'cancel':
        this.#installing?.abort();
        break;
      case 'choose':
        logFailure(this.log, setupTitle(), this.#choose());
        break;
      case 'error':
        this.log.error(`The setup page failed: ${message.message}`);
        break;
      case undefined:
        this.log.warn('A message from the setup page was refused.');
        break;
    }
  }

  /** Checks the environment again; simultaneous requests share one check. */
  #check(): void {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = null;
    });
    logFailure(this.log, setupTitle(), this.#checking);
  }

  async #look(): Promise<void> {
    // Interpreters that a workspace names are programs of the workspace.
    const trusted = vscode.workspace.isTrusted;
    this.#post({ type: 'checking' });
    this.#report = trusted ? await this.environment.inspect() : null;
    this.#post({ type: 'report', report: this.#report, trusted });
  }

  async #install(cpu: boolean): Promise<void> {
    if (this.#installing || !this.#report || !vscode.workspace.isTrusted) return;
    const controller = new AbortController();
    this.#installing = controller;
    this.#lines = [];
    this.#sendLines.request();
    this.#post({ type: 'failure', failure: null });
    this.#post({ type: 'installing', running: true });
    try {
      const { installEnvironment } = await import('../../engines/torch/environment/index.js');
      const python = await installEnvironment({
        report: this.#report,
        packageFolder: this.environment.packageFolder,
        environment: this.#report.ownEnvironment,
        cpu,
        signal: controller.signal,
        onLine: (line) => this.#take(line),
      });
      // The earlier choice did not work, or nothing would have been installed.
      if (chosenPython()) await choosePython(python);
    } catch (error) {
      this.log.error(`${setupTitle()}: ${errorText(error)}`);
      const failure = controller.signal.aborted
        ? cancelled()
        : reportOf(error, vscode.l10n.t('See the log.'));
      this.#post({ type: 'failure', failure });
    } finally {
      this.#installing = null;
      this.#post({ type: 'installing', running: false });
      this.#check();
    }
  }

  #take(line: string): void {
    this.log.info(`setup: ${line}`);
    this.#lines = [...this.#lines.slice(1 - keptLines), oneLine(line, longestLine)];
    this.#sendLines.request();
  }

  async #choose(): Promise<void> {
    const found = this.#report?.interpreters ?? [];
    const items: (vscode.QuickPickItem & { path: string | null })[] = found.map(
      ({ path, source, python }) => ({
        label: path,
        description: python ? vscode.l10n.t('Python {0}, {1}', python.version, source) : source,
        path,
      }),
    );
    const automatic = {
      label: `$(search) ${vscode.l10n.t('Detect Automatically')}`,
      description: vscode.l10n.t('Clear the setting g2rl.python'),
      path: '',
    };
    const browse = { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, path: null };
    const chosen = await vscode.window.showQuickPick([...items, automatic, browse], {
      placeHolder: vscode.l10n.t('Python of the torch engine'),
    });
    if (!chosen) return;
    const path = chosen.path ?? (await browseForPython());
    if (path === null) return;
    await choosePython(path);
    this.#check();
  }
}

const cancelled = () => ({
  message: vscode.l10n.t('The installation was cancelled.'),
  hint: vscode.l10n.t('Finished downloads are kept: installing again continues from there.'),
});

async function browseForPython(): Promise<string | null> {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Python of the torch engine'),
    openLabel: vscode.l10n.t('Choose'),
    canSelectMany: false,
  });
  return files?.[0]?.fsPath ?? null;
}
