/** The torch engine's environment as this window finds it: from the setting, the Python extension, the workspace. */
import { PythonExtension } from '@vscode/python-extension';
import * as vscode from 'vscode';
import type {
  Candidate,
  EnvironmentReport,
  InterpreterHints,
} from '../../engines/torch/environment/index.js';
import { chosenPython } from '../index.js';

export class TorchEnvironment {
  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** `src/torch`: Python runs it in place. */
  get packageFolder(): string {
    return vscode.Uri.joinPath(this.extensionUri, 'src', 'torch').fsPath;
  }

  async inspect(): Promise<EnvironmentReport> {
    const { inspectEnvironment } = await import('../../engines/torch/environment/index.js');
    const report = await inspectEnvironment(this.packageFolder, await this.#hints());
    const { interpreter, problems } = report;
    this.log.info(
      `torch engine: ${interpreter?.path ?? 'no Python'}, ${report.usable ? 'usable' : 'not usable'}`,
    );
    for (const { message } of problems) this.log.info(`torch engine: ${message}`);
    // Ends the step of the walkthrough.
    await vscode.commands.executeCommand('setContext', 'g2rl.torchReady', report.usable);
    return report;
  }

  async #hints(): Promise<InterpreterHints> {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const path = chosenPython();
    if (path) return { chosen: { path, source: vscode.l10n.t('setting g2rl.python') }, folders };
    return { active: await this.#active(), folders };
  }

  /** The interpreter that the Python extension has active, if that extension is there. */
  async #active(): Promise<Candidate | undefined> {
    if (!vscode.extensions.getExtension('ms-python.python')) return undefined;
    try {
      const { environments } = await PythonExtension.api();
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      const active = environments.getActiveEnvironmentPath(folder?.uri);
      const path = (await environments.resolveEnvironment(active))?.executable.uri?.fsPath;
      return path === undefined
        ? undefined
        : { path, source: vscode.l10n.t('active in the Python extension') };
    } catch (error) {
      this.log.warn(`The Python extension does not report its interpreter: ${String(error)}`);
      return undefined;
    }
  }
}
