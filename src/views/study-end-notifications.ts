/** Notifies that a study has ended, with what it found: only for studies that this window saw at work. */
import * as vscode from 'vscode';
import type { StudyFolder } from '../studies/folder/index.js';
import { Disposable } from './disposable.js';
import { withoutLinks } from './notification-text.js';
import { logFailure } from './report.js';
import { notificationLevel } from './settings.js';
import { isAtWork, type StudyLibrary } from './study-library.js';
import { studyEndNotice } from './study-text.js';

export class StudyEndNotifications extends Disposable {
  readonly #seenAtWork = new Set<string>();

  constructor(
    private readonly studies: StudyLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(studies.onDidChange(() => this.#look()));
    this.#look();
  }

  #look(): void {
    for (const study of this.studies.studies()) {
      if (isAtWork(study)) this.#seenAtWork.add(study.directory);
      else if (this.#seenAtWork.delete(study.directory)) {
        logFailure(this.log, 'Notification', this.#tell(study));
      }
    }
  }

  async #tell(study: StudyFolder): Promise<void> {
    const { reportStudy } = await import('../studies/report/index.js');
    const { sentence } = await reportStudy(study);
    const notice = studyEndNotice(study, sentence);
    this.log.info(notice.text);
    const level = notificationLevel();
    if (level === 'none' || (level === 'failures' && !notice.isFailure)) return;
    const known = new Set(await vscode.commands.getCommands(true));
    const actions = new Map(
      [
        [vscode.l10n.t('Compare'), 'g2rl.compareRuns'] as const,
        [vscode.l10n.t('Share Report…'), 'g2rl.shareReport'] as const,
        ...(notice.resumable && vscode.workspace.isTrusted
          ? [[vscode.l10n.t('Resume Study'), 'g2rl.resumeStudy'] as const]
          : []),
      ].filter(([, command]) => known.has(command)),
    );
    const show = notice.isFailure ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const chosen = await show(withoutLinks(notice.text), ...actions.keys());
    const command = chosen && actions.get(chosen);
    if (command) await vscode.commands.executeCommand(command, study.directory);
  }
}
