/** The editor's side of an action: where the extension's parts are, and how the user is asked and kept informed. */
import * as vscode from 'vscode';
import type { Host, Ui } from '../actions/index.js';
import { withoutLinks } from '../views/index.js';
import type { Services } from './services.js';

export function hostOf({ extensionUri, version, torch }: Services): Host {
  const path = (...parts: string[]) => vscode.Uri.joinPath(extensionUri, ...parts).fsPath;
  return {
    trainerPath: path('dist', 'trainer.cjs'),
    mediaDirectory: path('media'),
    torchPackage: path('src', 'torch'),
    version,
    inspectTorch: () => torch.inspect(),
  };
}

const infoMilliseconds = 10_000;

export function uiOf({ log }: Services): Ui {
  return {
    log: (line) => log.info(line),

    info(text) {
      log.info(text);
      vscode.window.setStatusBarMessage(`G2RL: ${text}`, infoMilliseconds);
    },

    async confirm(question, detail, label) {
      const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, label);
      return answer !== undefined;
    },

    async progress({ title, cancellable }, work) {
      const options = {
        location: vscode.ProgressLocation.Notification,
        title: withoutLinks(title),
        cancellable,
      };
      return vscode.window.withProgress(options, async (progress, token) => {
        const cancel = new AbortController();
        const cancelled = token.onCancellationRequested(() => cancel.abort());
        let shown = 0;
        try {
          return await work(({ message, share }) => {
            if (share === undefined) log.info(`${title}: ${message}`);
            const next = 100 * (share ?? 0);
            progress.report({ message: withoutLinks(message), increment: Math.max(0, next - shown) });
            shown = Math.max(shown, next);
          }, cancel.signal);
        } finally {
          cancelled.dispose();
        }
      });
    },
  };
}
