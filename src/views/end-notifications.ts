/** Notifies that a run has ended: only for runs that this window saw alive, and once for each. */
import * as vscode from 'vscode';
import { isAlive } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import { withoutLinks } from './notification-text.js';
import { logFailure } from './report.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { endNotice } from './run-text.js';
import { notificationLevel } from './settings.js';
import { isAtWork, type StudyLibrary } from './study-library.js';

/** After a suspended machine wakes up, heartbeats are old for a moment: "lost" is reported only when it stays. */
const lostConfirmationMilliseconds = 5000;

export class EndNotifications extends Disposable {
  readonly #seenAlive = new Set<string>();
  readonly #confirmations = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly library: RunLibrary,
    private readonly studies: StudyLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      library.onDidChange((change) => {
        if (change.kind === 'removed') this.#seenAlive.delete(change.run.directory);
        else this.#look(change.run);
      }),
    );
    this.register({
      dispose: () => {
        for (const timer of this.#confirmations.values()) clearTimeout(timer);
      },
    });
    for (const run of library.runs()) this.#look(run);
  }

  #look(run: WatchedRun): void {
    const { directory } = run;
    if (isAlive(run.summary.state)) {
      this.#seenAlive.add(directory);
      return;
    }
    if (!this.#seenAlive.has(directory)) return;
    if (run.summary.state !== 'lost') {
      this.#tell(run);
      return;
    }
    if (this.#confirmations.has(directory)) return;
    this.#confirmations.set(
      directory,
      setTimeout(() => {
        this.#confirmations.delete(directory);
        const now = this.library.run(directory);
        if (now && !isAlive(now.summary.state) && this.#seenAlive.has(directory)) this.#tell(now);
      }, lostConfirmationMilliseconds),
    );
  }

  #tell(run: WatchedRun): void {
    this.#seenAlive.delete(run.directory);
    // A study says itself how it ended, and tries a run that failed again.
    const study = run.summary.manifest.study?.id;
    if (
      study !== undefined &&
      this.studies.studies().some((one) => one.manifest.id === study && isAtWork(one))
    )
      return;
    const notice = endNotice(run, this.library.traits(run));
    if (!notice) return;
    this.log.info(notice.text);
    const level = notificationLevel();
    if (level === 'none' || (level === 'failures' && notice.severity !== 'error')) return;
    const canResume = notice.resumable && vscode.workspace.isTrusted;
    const dashboard = [vscode.l10n.t('Open Dashboard'), 'g2rl.openDashboard'] as const;
    const log = [vscode.l10n.t('Show Log'), 'g2rl.showLog'] as const;
    const resume = [vscode.l10n.t('Resume'), 'g2rl.resume'] as const;
    const onProcessor = [vscode.l10n.t('Resume on Processor'), 'g2rl.resumeOnProcessor'] as const;
    // Four buttons do not fit into a notification: their texts would be cut.
    const actions = new Map(
      canResume && notice.ofGpu
        ? [onProcessor, resume, log]
        : [dashboard, log, ...(canResume ? [resume] : [])],
    );
    const show =
      notice.severity === 'error' ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const answered = show(withoutLinks(notice.text), ...actions.keys()).then((chosen) => {
      const command = chosen && actions.get(chosen);
      return command ? vscode.commands.executeCommand(command, run.directory) : undefined;
    });
    logFailure(this.log, 'Notification', answered);
  }
}
