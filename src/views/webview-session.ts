/** One webview and the run that it shows: loads the page, checks its messages, feeds it. */
import * as vscode from 'vscode';
import {
  type Asked,
  beatMilliseconds,
  type DashboardPlace,
  failureOf,
  type HostMessage,
  type PageCommand,
  parseWebviewMessage,
  type Questions,
  replyTo,
} from '../contract/index.js';
import { KnownError } from '../errors.js';
import { answers } from './answers.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import { RunFeed, type WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { saveFile } from './save-file.js';
import { type BuiltPage, loadPage } from './webview-page.js';

/** Commands that a page may ask for; each gets the directory of the run that the page shows. */
const commandIds: Record<PageCommand, string> = {
  stop: 'g2rl.stopTraining',
  resume: 'g2rl.resume',
  openDashboard: 'g2rl.openDashboard',
  evaluate: 'g2rl.evaluateCheckpoint',
  rejudge: 'g2rl.rejudge',
  showLog: 'g2rl.showLog',
  reveal: 'g2rl.revealRunFolder',
};

export class WebviewSession extends Disposable {
  #feed: RunFeed<Asked<Questions>> | null = null;
  #run: WatchedRun | null = null;
  #pageReady = false;
  /** The place to show once the page has the run. */
  #wanted: DashboardPlace | null = null;
  #state: unknown;

  constructor(
    private readonly webview: vscode.Webview,
    private readonly page: BuiltPage,
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
    private readonly onDidChangeState: () => void = () => {},
  ) {
    super();
    this.register(webview.onDidReceiveMessage((value: unknown) => this.#receive(value)));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#feed?.refresh()));
    this.register({ dispose: () => this.#feed?.dispose() });
    const beat = setInterval(() => {
      if (this.#pageReady) this.#post({ type: 'beat' });
    }, beatMilliseconds);
    this.register({ dispose: () => clearInterval(beat) });
    this.#state = page.state;
    loadPage(webview, page);
  }

  /** What the page keeps: where it is, and how it is looked at. */
  get state(): unknown {
    return this.#state;
  }

  get run(): WatchedRun | null {
    return this.#run;
  }

  /** Shows another run, or none. */
  show(run: WatchedRun | null): void {
    if (run === this.#run) return;
    this.#feed?.dispose();
    this.#run = run;
    this.#feed = run && this.#feedOf(run);
    if (this.#pageReady) this.#start();
  }

  /** Shows a place of the run's dashboard. */
  showPlace(place: DashboardPlace): void {
    this.#wanted = place;
    if (this.#pageReady) this.#showWanted();
  }

  /** A hidden page is torn down by the editor: nothing is sent until it says that it is ready again. */
  hidden(): void {
    this.#pageReady = false;
    this.#feed?.hidden();
  }

  #feedOf(run: WatchedRun): RunFeed<Asked<Questions>> {
    const context = { run, runs: () => this.library.runs(), save: saveFile };
    return new RunFeed(
      run,
      async (question) => {
        const reply = await replyTo(answers, context, question);
        if (reply.type === 'failure') {
          const { message, hint } = reply.error;
          this.log.warn(`No answer to "${question.name}" of ${run.directory}: ${message} ${hint}`);
        }
        return reply;
      },
      (message) => this.#post(message),
      () => vscode.workspace.isTrusted,
    );
  }

  #start(): void {
    if (this.#feed) this.#feed.ready();
    else this.#post({ type: 'none' });
    this.#showWanted();
  }

  #showWanted(): void {
    if (this.#wanted !== null) this.#post({ type: 'show', place: this.#wanted });
    this.#wanted = null;
  }

  #post(message: HostMessage): void {
    if (!this.disposed)
      logFailure(this.log, `Message to the ${this.page.entry}`, this.webview.postMessage(message));
  }

  #receive(value: unknown): void {
    const result = parseWebviewMessage(value);
    if ('problem' in result) {
      this.log.warn(`Message from the ${this.page.entry} refused: ${result.problem}`);
      if (result.id !== undefined) this.#post(failureOf(result.id, new KnownError(result.problem)));
      return;
    }
    const { message } = result;
    switch (message.type) {
      case 'ready':
        this.#pageReady = true;
        this.#start();
        break;
      case 'ask':
        if (this.#feed) logFailure(this.log, `Question of the ${this.page.entry}`, this.#feed.reply(message));
        else this.#post(failureOf(message.id, new KnownError(vscode.l10n.t('No run is shown.'))));
        break;
      case 'command':
        if (this.#run) {
          const done = vscode.commands.executeCommand(commandIds[message.command], this.#run.directory);
          logFailure(this.log, `Command of the ${this.page.entry}`, done);
        }
        break;
      case 'tryJudge':
        logFailure(
          this.log,
          `Command of the ${this.page.entry}`,
          vscode.commands.executeCommand('g2rl.tryJudge', message.pair),
        );
        break;
      case 'state':
        this.#state = message.state;
        this.onDidChangeState();
        break;
      case 'painted':
        this.log.debug(`painted step=${message.step} time=${message.time}`);
        break;
      case 'error':
        this.log.error(`The ${this.page.entry} failed: ${message.message}`);
        break;
    }
  }
}
