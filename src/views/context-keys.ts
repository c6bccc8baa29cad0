/** Context keys for `when` clauses: what the runs in this window allow. */
import * as vscode from 'vscode';
import { contextValues } from './context-values.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { RunLibrary } from './run-library.js';
import { Throttle } from './throttle.js';

export class ContextKeys extends Disposable {
  readonly #set = new Map<string, string>();
  readonly #update = this.register(new Throttle(100, () => this.#publish()));

  constructor(
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(library.onDidChange(() => this.#update.request()));
    this.#update.request();
  }

  #publish(): void {
    for (const [key, value] of Object.entries(contextValues(this.library.runs()))) {
      const text = JSON.stringify(value);
      if (this.#set.get(key) === text) continue;
      this.#set.set(key, text);
      logFailure(this.log, `Context key ${key}`, vscode.commands.executeCommand('setContext', key, value));
    }
  }
}
