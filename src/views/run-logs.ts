/** The trainers' output: an output channel for each run that someone asked for, which follows log.txt. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import * as vscode from 'vscode';
import { errorText } from '../errors.js';
import { oneLine } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { RunLibrary } from './run-library.js';
import { Throttle } from './throttle.js';

/** Of a longer log only the end is shown; the file keeps all of it. */
const LONGEST_START_BYTES = 1_000_000;
const READ_MILLISECONDS = 500;

class RunLog extends Disposable {
  readonly #channel: vscode.OutputChannel;
  readonly #throttle = this.register(new Throttle(READ_MILLISECONDS, () => void this.read()));
  readonly #decoder = new StringDecoder('utf8');
  #offset: number | null = null;
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
      this.#say(`The log cannot be read: ${errorText(error)}`);
    } finally {
      this.#reading = false;
    }
  }

  async #readOn(): Promise<void> {
    const { runFiles } = await import('../runs/protocol/index.js');
    const file = await open(join(this.run.directory, runFiles.log), 'r');
    try {
      const { size } = await file.stat();
      if (this.#offset === null) {
        this.#offset = Math.max(0, size - LONGEST_START_BYTES);
        if (this.#offset > 0)
          this.#channel.appendLine(`… ${this.#offset} bytes before this are in ${runFiles.log}`);
      } else if (size < this.#offset) {
        this.#offset = 0;
        this.#channel.clear();
      }
      const buffer = Buffer.alloc(size - this.#offset);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      this.#offset += bytesRead;
      if (!this.disposed) this.#channel.append(this.#decoder.write(buffer.subarray(0, bytesRead)));
    } finally {
      await file.close();
    }
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
