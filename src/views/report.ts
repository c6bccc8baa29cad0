/** Where errors go: always the log, and a message with a next step when a person's action caused them. */
import * as vscode from 'vscode';

/** An error whose text is meant for people and that brings its own next step. */
export class UserError extends Error {
  override name = 'UserError';
  constructor(
    message: string,
    readonly action?: { title: string; run: () => unknown },
  ) {
    super(message);
  }
}

/** The message of an error with the remedy that many of ours bring as `hint`. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'hint' in error && typeof error.hint === 'string'
    ? `${error.message} ${error.hint}`.trim()
    : error.message;
}

/** A promise nobody waits for: its failure is logged with what was being done. */
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
    log.error(`${title}: ${describe(error)}`);
    const step = error instanceof UserError ? error.action : undefined;
    const next = step ?? { title: 'Show Extension Log', run: () => log.show() };
    // Without awaiting the answer: the command is over, the message may stay.
    vscode.window.showErrorMessage(`${title}: ${errorText(error)}`, next.title).then((chosen) => {
      if (chosen) logFailure(log, next.title, Promise.resolve(next.run()));
    });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
