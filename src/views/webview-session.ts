/** One webview and the run that it shows: loads the page, checks its messages, feeds it. */
import * as vscode from 'vscode';
import { type HostMessage, parseWebviewMessage, type WebviewMessage } from '../contract/index.js';
import { errorText } from '../errors.js';
import { otherRuns } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import { RunFeed, type RunQuestion, type WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { type BuiltPage, loadPage } from './webview-page.js';

/** Commands that a page may ask for; each gets the directory of the run that the page shows. */
const commandIds: Record<Extract<WebviewMessage, { type: 'command' }>['command'], string> = {
  stop: 'g2rl.stopTraining',
  resume: 'g2rl.resume',
  openDashboard: 'g2rl.openDashboard',
  evaluate: 'g2rl.evaluateCheckpoint',
  showLog: 'g2rl.showLog',
  reveal: 'g2rl.revealRunFolder',
};

export class WebviewSession extends Disposable {
  #feed: RunFeed | null = null;
  #run: WatchedRun | null = null;
  #pageReady = false;

  constructor(
    private readonly webview: vscode.Webview,
    private readonly page: BuiltPage,
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(webview.onDidReceiveMessage((value: unknown) => this.#receive(value)));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#feed?.refresh()));
    this.register({ dispose: () => this.#feed?.dispose() });
    loadPage(webview, page);
  }

  get run(): WatchedRun | null {
    return this.#run;
  }

  /** Shows another run, or none. */
  show(run: WatchedRun | null): void {
    if (run === this.#run) return;
    this.#feed?.dispose();
    this.#run = run;
    this.#feed =
      run &&
      new RunFeed(
        run,
        (message) => this.#post(message),
        () => vscode.workspace.isTrusted,
      );
    if (this.#pageReady) this.#start();
  }

  /** A hidden page is torn down by the editor: nothing is sent until it says that it is ready again. */
  hidden(): void {
    this.#pageReady = false;
    this.#feed?.hidden();
  }

  #start(): void {
    if (this.#feed) this.#feed.ready();
    else this.#post({ type: 'none' });
  }

  #post(message: HostMessage): void {
    if (!this.disposed)
      logFailure(this.log, `Message to the ${this.page.entry}`, this.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const result = parseWebviewMessage(value);
    if ('problem' in result) {
      this.log.warn(`Message from the ${this.page.entry} refused: ${result.problem}`);
      return;
    }
    const { message } = result;
    switch (message.type) {
      case 'ready':
        this.#pageReady = true;
        this.#start();
        break;
      case 'getGroups':
      case 'getRollouts':
      case 'getEvaluation':
      case 'getProblem':
        this.#answer(message);
        break;
      case 'getOtherRuns':
        this.#post({ type: 'otherRuns', runs: otherRuns(this.library.runs(), this.#run) });
        break;
      case 'command':
        if (this.#run) {
          const done = vscode.commands.executeCommand(commandIds[message.command], this.#run.directory);
          logFailure(this.log, `Command of the ${this.page.entry}`, done);
        }
        break;
      case 'painted':
        this.log.debug(`painted step=${message.step} time=${message.time}`);
        break;
      case 'error':
        this.log.error(`The ${this.page.entry} failed: ${message.message}`);
        break;
    }
  }

  #answer(message: RunQuestion): void {
    this.#feed?.answer(message).catch((error: unknown) => {
      this.log.error(`Step ${message.step} could not be read: ${errorText(error)}`);
      // The page waits for an answer; an empty one lets it say that there is nothing to show.
      if (message.type === 'getGroups') {
        this.#post({ type: 'groups', request: message.request, step: message.step, groups: [] });
      }
    });
  }
}
