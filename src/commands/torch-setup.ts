/** Set Up GPU Engine, and a look at the torch engine's environment. Their code is loaded on first use. */
import * as vscode from 'vscode';
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import { Disposable } from '../views/index.js';
import type { SetupPanel } from '../views/setup/index.js';

export class TorchSetup extends Disposable {
  #panel: SetupPanel | null = null;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
  }

  async open(): Promise<void> {
    const { SetupPanel, TorchEnvironment } = await import('../views/setup/index.js');
    this.#panel ??= this.register(
      new SetupPanel(new TorchEnvironment(this.extensionUri, this.log), this.extensionUri, this.log),
    );
    this.#panel.open();
  }

  /** Takes seconds: with a progress in the run explorer. */
  async inspect(): Promise<EnvironmentReport> {
    const { TorchEnvironment } = await import('../views/setup/index.js');
    return vscode.window.withProgress({ location: { viewId: 'g2rl.runs' } }, () =>
      new TorchEnvironment(this.extensionUri, this.log).inspect(),
    );
  }
}
