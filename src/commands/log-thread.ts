/** The window's side of the thread that reads logs. It is started with the first log. */
import { Worker } from 'node:worker_threads';
import type { ImportedLog, LogReply, LogRequest, UnmappedColumns } from '../actions/logs/index.js';
import { KnownError } from '../errors.js';
import type { FoundRun } from '../logs/index.js';

/** It is not known which column of a table is the step. */
export class UnmappedError extends KnownError {
  override readonly name = 'UnmappedError';
  constructor(
    message: string,
    hint: string,
    readonly columns: UnmappedColumns,
  ) {
    super(message, hint);
  }
}

interface Waiting {
  resolve(reply: LogReply): void;
  reject(reason: unknown): void;
  progress(name: string, share: number): void;
}

export interface LogThreadEvents {
  grown(run: FoundRun): void;
  trouble(run: FoundRun, reason: string): void;
}

export class LogThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #asked = 0;

  /** @param file the bundle of `actions/logs/thread.ts` */
  constructor(
    private readonly file: string,
    private readonly events: LogThreadEvents,
  ) {}

  /** @throws KnownError */
  async find(path: string): Promise<FoundRun[]> {
    const reply = await this.#ask(
      (id) => ({ type: 'find', id, path }),
      new AbortController().signal,
      () => {},
    );
    return reply.type === 'found' ? reply.runs : [];
  }

  /** @throws KnownError, UnmappedError */
  async import(
    runs: readonly FoundRun[],
    runsDirectory: string,
    signal: AbortSignal,
    progress: Waiting['progress'],
  ): Promise<ImportedLog[]> {
    const reply = await this.#ask((id) => ({ type: 'import', id, runs, runsDirectory }), signal, progress);
    return reply.type === 'imported' ? reply.imported : [];
  }

  follow(run: FoundRun, runsDirectory: string): void {
    this.#post({ type: 'follow', run, runsDirectory });
  }

  leave(run: FoundRun): void {
    if (this.#worker) this.#post({ type: 'leave', run });
  }

  dispose(): void {
    void this.#worker?.terminate();
  }

  #ask(
    request: (id: number) => LogRequest,
    signal: AbortSignal,
    progress: Waiting['progress'],
  ): Promise<LogReply> {
    const id = this.#asked++;
    return new Promise<LogReply>((resolve, reject) => {
      signal.addEventListener('abort', () => this.#post({ type: 'cancel', id }), { once: true });
      this.#waiting.set(id, { resolve, reject, progress });
      this.#post(request(id));
    });
  }

  #post(request: LogRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    // Without a word on the standard error about SQLite, which Node calls experimental.
    const worker = new Worker(this.file, { execArgv: ['--no-warnings'] });
    worker.on('message', (reply: LogReply) => this.#receive(reply));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) =>
      this.#lose(worker, new Error(`The thread that reads logs ended with code ${code}.`)),
    );
    return worker;
  }

  #receive(reply: LogReply): void {
    if (reply.type === 'grown') this.events.grown(reply.run);
    else if (reply.type === 'trouble') this.events.trouble(reply.run, reply.reason);
    else if (reply.type === 'progress') this.#waiting.get(reply.id)?.progress(reply.name, reply.share);
    else this.#settle(reply);
  }

  #settle(reply: Extract<LogReply, { type: 'found' | 'imported' | 'failure' }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type !== 'failure') {
      waiting?.resolve(reply);
      return;
    }
    const { error, unmapped } = reply;
    waiting?.reject(
      unmapped
        ? new UnmappedError(error.message, error.hint, unmapped)
        : new KnownError(error.message, error.hint),
    );
  }

  #lose(worker: Worker, reason: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
