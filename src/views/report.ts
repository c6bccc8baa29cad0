/** Where errors go: always the log, and a message with a next step when a person's action caused them. */
import * as vscode from 'vscode';
import { errorText, KnownError, withoutCredentials } from '../errors.js';
import { withoutLinks } from './notification-text.js';

/** An error whose text is meant for people and that brings its own next step. */
export class UserError extends KnownError {
  override readonly name = 'UserError';
  constructor(
    message: string,
    readonly action?: { title: string; run: () => unknown },
  ) {
    super(message, '');
  }
}

/** A promise that is not awaited: its failure is logged with what was being done. */
export function logFailure(log: vscode.LogOutputChannel, doing: string, promise: Thenable<unknown>): void {
  promise.then(undefined, (error: unknown) => log.error(`${doing}: ${describe(error)}`));
}

/** Does what a person asked for; a failure is logged and shown, never thrown. */
export async function userAction(
  log: vscode.LogOutputChannel,
  title: string,
  action: () => unknown,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    const text = withoutLinks(`${title}: ${errorText(error)}`);
    // That something cannot be done now is no fault.
    const expected = error instanceof UserError;
    if (expected) log.info(text);
    else log.error(`${title}: ${describe(error)}`);
    const showLog = { title: vscode.l10n.t('Show Extension Log'), run: () => log.show() };
    const next = expected ? error.action : showLog;
    const show = expected ? vscode.window.showWarningMessage : vscode.window.showErrorMessage;
    // Without awaiting the answer: the command is over, the message may stay.
    show(text, ...(next ? [next.title] : [])).then((chosen) => {
      if (chosen && next) logFailure(log, next.title, Promise.resolve(next.run()));
    });
  }
}

function describe(error: unknown): string {
  return withoutCredentials(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
