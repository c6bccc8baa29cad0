/** Context keys for `when` clauses: what the runs and files in this window allow. */
import * as vscode from 'vscode';
import { contextValues } from './context-values.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { LibraryChange, RunLibrary } from './run-library.js';
import { isAtWork, type StudyLibrary } from './study-library.js';
import { Throttle } from './throttle.js';

const experimentPattern = '**/*.{g2rl.json,g2rl.jsonc}';

/** Whether a change may be one of a key: a step or a heartbeat is none. */
function isSeen(change: LibraryChange): boolean {
  if (change.kind !== 'changed') return true;
  const { change: delta } = change;
  if (delta.kind !== 'summary') return delta.kind !== 'metrics' && delta.kind !== 'groupSteps';
  const { state, manifest, checkpoints } = delta.changes;
  return [state, manifest, checkpoints].some((changed) => changed !== undefined);
}

export class ContextKeys extends Disposable {
  readonly #set = new Map<string, string>();
  readonly #update = this.register(new Throttle(100, () => this.#publish()));
  #hasExperiments = false;

  constructor(
    private readonly library: RunLibrary,
    private readonly studies: StudyLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      library.onDidChange((change) => {
        if (isSeen(change)) this.#update.request();
      }),
    );
    this.register(studies.onDidChange(() => this.#update.request()));
    const files = this.register(vscode.workspace.createFileSystemWatcher(experimentPattern, false, true));
    for (const changed of [files.onDidCreate, files.onDidDelete]) {
      this.register(changed(() => this.#lookForExperiments()));
    }
    this.#lookForExperiments();
    this.#update.request();
  }

  #lookForExperiments(): void {
    const found = vscode.workspace.findFiles(experimentPattern, '**/{node_modules,.g2rl}/**', 1);
    const used = found.then(({ length }) => {
      this.#hasExperiments = length > 0;
      this.#update.request();
    });
    logFailure(this.log, 'Looking for experiments', used);
  }

  #publish(): void {
    const studies = this.studies.studies();
    const values = contextValues(this.library.runs(), {
      hasExperiments: this.#hasExperiments,
      hasStudies: studies.length > 0,
      hasActiveStudies: studies.some(isAtWork),
    });
    for (const [key, value] of Object.entries(values)) {
      const text = JSON.stringify(value);
      if (this.#set.get(key) === text) continue;
      this.#set.set(key, text);
      logFailure(this.log, `Context key ${key}`, vscode.commands.executeCommand('setContext', key, value));
    }
  }
}
