/** The trainers' output: an output channel for each run that someone asked for, which follows its log. */
import * as vscode from 'vscode';
import { errorText } from '../errors.js';
import { oneLine } from '../runs/facts/index.js';
import type { LogTail } from '../runs/read/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { Throttle } from './throttle.js';

const readMilliseconds = 500;

class RunLog extends Disposable {
  readonly #channel: vscode.OutputChannel;
  readonly #throttle = this.register(new Throttle(readMilliseconds, () => void this.read()));
  #tail: LogTail | null = null;
  #reading = false;
  #problem = '';

  constructor(private readonly run: WatchedRun) {
    super();
    this.#channel = this.register(
      vscode.window.createOutputChannel(`G2RL: ${oneLine(run.summary.name, 40)}`, 'log'),
    );
    this.register(run.onChange(() => this.#throttle.request()));
  }

  show(): void {
    this.#channel.show(true);
    this.#throttle.request();
  }

  /** Appends what the file has grown by. Reads never overlap; one that comes too early is asked for again. */
  async read(): Promise<void> {
    if (this.#reading) {
      this.#throttle.request();
      return;
    }
    this.#reading = true;
    try {
      await this.#readOn();
      this.#problem = '';
    } catch (error) {
      this.#say(vscode.l10n.t('The log cannot be read: {0}', errorText(error)));
    } finally {
      this.#reading = false;
    }
  }

  async #readOn(): Promise<void> {
    const { LogTail: Tail } = await import('../runs/read/index.js');
    this.#tail ??= new Tail(this.run.directory);
    const { text, skippedBytes, reset } = await this.#tail.read();
    if (this.disposed) return;
    if (reset) this.#channel.clear();
    if (skippedBytes > 0) {
      this.#channel.appendLine(
        vscode.l10n.t('… {0} bytes before this are in {1}', skippedBytes, this.#tail.file),
      );
    }
    this.#channel.append(text);
  }

  #say(problem: string): void {
    if (this.disposed || problem === this.#problem) return;
    this.#problem = problem;
    this.#channel.appendLine(problem);
  }
}

export class RunLogs extends Disposable {
  readonly #logs = new Map<string, RunLog>();

  constructor(library: RunLibrary) {
    super();
    this.register(
      library.onDidChange(({ kind, run }) => {
        if (kind !== 'removed') return;
        this.#logs.get(run.directory)?.dispose();
        this.#logs.delete(run.directory);
      }),
    );
    this.register({
      dispose: () => {
        for (const log of this.#logs.values()) log.dispose();
      },
    });
  }

  show(run: WatchedRun): void {
    let log = this.#logs.get(run.directory);
    if (!log) {
      log = new RunLog(run);
      this.#logs.set(run.directory, log);
    }
    log.show();
  }
}
