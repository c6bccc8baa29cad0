/** The editor tab that compares runs. */
import * as vscode from 'vscode';
import { type CompareHostMessage, failureOf, parseCompareMessage, replyTo } from '../../contract/index.js';
import { errorText, KnownError } from '../../errors.js';
import { oneLine } from '../../runs/facts/index.js';
import { Disposable, loadPage, logFailure, type RunLibrary, Throttle } from '../index.js';
import { compareAnswers } from './answers.js';
import { type OpenComparison, openComparison } from './open-comparison.js';

/** Shortest time between two messages that runs have grown. */
const grownMilliseconds = 500;

export class ComparePanel extends Disposable {
  #open: OpenComparison | null = null;
  #ready = false;
  readonly #opening: Promise<void>;
  readonly #grown = this.register(new Throttle(grownMilliseconds, () => this.#sayGrown()));

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly library: RunLibrary,
    extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private readonly directories: readonly string[],
  ) {
    super();
    panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icons', 'dashboard.svg');
    this.register(panel.webview.onDidReceiveMessage((value: unknown) => this.#receive(value)));
    this.register(
      panel.onDidChangeViewState(() => {
        // A hidden page is torn down: it says that it is ready when it is shown again.
        if (!panel.visible) this.#ready = false;
      }),
    );
    this.register({ dispose: () => this.#open?.dispose() });
    panel.onDidDispose(() => this.dispose());
    loadPage(panel.webview, { entry: 'compare', title: panel.title, extensionUri });
    // While the page loads.
    this.#opening = this.#start();
    logFailure(log, 'Comparing runs', this.#opening);
  }

  async #start(): Promise<void> {
    const begun = performance.now();
    try {
      const open = await openComparison(this.library, this.directories, () => this.#grown.request());
      if (this.disposed) {
        open.dispose();
        return;
      }
      this.#open = open;
      this.panel.title = vscode.l10n.t('Compare: {0}', oneLine(open.comparison.title, 40));
      const { length } = open.comparison.runs;
      this.log.info(`compare: ${length} runs read in ${Math.round(performance.now() - begun)} ms`);
    } catch (error) {
      this.panel.dispose();
      void vscode.window.showErrorMessage(vscode.l10n.t('Compare Runs: {0}', errorText(error)));
      throw error;
    }
  }

  #sayGrown(): void {
    if (this.#ready) this.#post({ type: 'grown' });
  }

  #post(message: CompareHostMessage): void {
    if (!this.disposed)
      logFailure(this.log, 'Message to the comparison', this.panel.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const result = parseCompareMessage(value);
    if ('problem' in result) {
      this.log.warn(`Message from the comparison refused: ${result.problem}`);
      if (result.id !== undefined) this.#post(failureOf(result.id, new KnownError(result.problem)));
      return;
    }
    const { message } = result;
    switch (message.type) {
      case 'ready':
        logFailure(this.log, 'Comparing runs', this.#describe());
        break;
      case 'ask':
        if (this.#open)
          logFailure(
            this.log,
            'Question of the comparison',
            replyTo(compareAnswers, this.#open.comparison, message).then((reply) => this.#post(reply)),
          );
        break;
      case 'painted':
        this.log.info(`compare: painted ${Math.round(message.milliseconds)} ms after the page began`);
        break;
      case 'error':
        this.log.error(`The comparison failed: ${message.message}`);
        break;
    }
  }

  async #describe(): Promise<void> {
    await this.#opening;
    if (!this.#open) return;
    this.#ready = true;
    this.#post({ type: 'compared', compared: this.#open.comparison.described });
  }
}
