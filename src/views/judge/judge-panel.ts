/** The editor tab in which a response is judged while it is written. */
import * as vscode from 'vscode';
import {
  failureOf,
  type JudgedPair,
  type JudgeHostMessage,
  parseJudgeMessage,
  replyTo,
} from '../../contract/index.js';
import { KnownError } from '../../errors.js';
import { Disposable, loadPage, logFailure } from '../index.js';
import { judgeAnswers } from './answers.js';

export class JudgePanel extends Disposable {
  #ready = false;

  /** @param pair what to begin with; null is what the page has kept, or an example */
  constructor(
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private pair: JudgedPair | null,
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
    panel.onDidDispose(() => this.dispose());
    loadPage(panel.webview, { entry: 'judge', title: panel.title, extensionUri });
  }

  /** Goes to it, with another pair when there is one. */
  show(pair: JudgedPair | null): void {
    this.pair = pair ?? this.pair;
    this.panel.reveal();
    if (this.#ready) this.#sendPair();
  }

  /** Once: afterwards the page keeps what is written in it. */
  #sendPair(): void {
    if (this.pair) this.#post({ type: 'pair', pair: this.pair });
    this.pair = null;
  }

  #post(message: JudgeHostMessage): void {
    if (!this.disposed)
      logFailure(this.log, 'Message to the judge’s page', this.panel.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const result = parseJudgeMessage(value);
    if ('problem' in result) {
      this.log.warn(`Message from the judge’s page refused: ${result.problem}`);
      if (result.id !== undefined) this.#post(failureOf(result.id, new KnownError(result.problem)));
      return;
    }
    const { message } = result;
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#sendPair();
        break;
      case 'ask':
        logFailure(
          this.log,
          'Question of the judge’s page',
          replyTo(judgeAnswers, null, message).then((reply) => this.#post(reply)),
        );
        break;
      case 'error':
        this.log.error(`The judge’s page failed: ${message.message}`);
        break;
    }
  }
}
