/** The status bar item that is there while a run is alive. */
import * as vscode from 'vscode';
import { isAlive } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { RunLibrary } from './run-library.js';
import { statusBarContent } from './run-text.js';
import { Throttle } from './throttle.js';

export class StatusBar extends Disposable {
  readonly #item = this.register(
    vscode.window.createStatusBarItem('g2rl.status', vscode.StatusBarAlignment.Left, 10),
  );
  readonly #repaint = this.register(new Throttle(250, () => this.#update()));

  constructor(private readonly library: RunLibrary) {
    super();
    this.#item.name = vscode.l10n.t('G2RL Training');
    this.register(library.onDidChange(() => this.#repaint.request()));
    this.#repaint.request();
  }

  #update(): void {
    const alive = this.library.runs().filter((run) => isAlive(run.summary.state));
    const content = statusBarContent(alive, (run) => ({ traits: this.library.traits(run), now: Date.now() }));
    if (!content) {
      this.#item.hide();
      return;
    }
    this.#item.text = content.text;
    this.#item.tooltip = content.tooltip;
    this.#item.accessibilityInformation = { label: content.tooltip, role: 'button' };
    const only = alive.length === 1 ? alive[0] : undefined;
    this.#item.command = {
      command: 'g2rl.openDashboard',
      title: vscode.l10n.t('Open Dashboard'),
      arguments: only ? [only.directory] : [],
    };
    this.#item.show();
  }
}
