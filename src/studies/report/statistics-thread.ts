/**
 * Statistics beside the thread that asks: 10,000 resamples of scores with many problems take a second, in which an
 * editor's extensions would answer to nothing.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type MetricScores, type MetricStatistics, metricStatistics } from '../../statistics/index.js';

export interface StatisticsQuestion {
  id: number;
  scores: MetricScores;
}

export interface StatisticsReply {
  id: number;
  statistics: MetricStatistics;
}

interface Waiting {
  scores: MetricScores;
  finish(statistics: MetricStatistics): void;
  fail(reason: unknown): void;
}

/** Works one question after the other, in the order in which they come. One that nobody waits for is left out. */
export class StatisticsThread {
  readonly #waiting: Waiting[] = [];
  #active: (Waiting & { id: number }) | null = null;
  #worker: Worker | null = null;
  #asked = 0;

  /** @param file the bundle of `statistics-worker.ts` */
  constructor(private readonly file: string) {}

  /** @throws the signal's reason; an error when the thread fails */
  ask(scores: MetricScores, signal?: AbortSignal): Promise<MetricStatistics> {
    return new Promise((finish, fail) => {
      signal?.throwIfAborted();
      const waiting: Waiting = { scores, finish, fail };
      signal?.addEventListener(
        'abort',
        () => {
          const place = this.#waiting.indexOf(waiting);
          // What is being worked is not interrupted: its intervals are kept for the next time.
          if (place >= 0) this.#waiting.splice(place, 1);
          fail(signal.reason);
        },
        { once: true },
      );
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  #next(): void {
    if (this.#active) return;
    const next = this.#waiting.shift();
    // A thread without work does not hold the process.
    if (!next) {
      this.#worker?.unref();
      return;
    }
    this.#active = { ...next, id: this.#asked++ };
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ id: this.#active.id, scores: next.scores } satisfies StatisticsQuestion);
  }

  #start(): Worker {
    const worker = new Worker(this.file);
    worker.on('message', ({ id, statistics }: StatisticsReply) => {
      if (this.#active?.id === id) this.#end(({ finish }) => finish(statistics));
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`The statistics ended with code ${code}.`)));
    return worker;
  }

  #lose(worker: Worker, reason: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#end(({ fail }) => fail(reason));
  }

  #end(tell: (waiting: Waiting) => void): void {
    const active = this.#active;
    this.#active = null;
    if (active) tell(active);
    this.#next();
  }
}

/** Beside the bundle that asks, or above the parts of the extension. Sources that run unbundled have none. */
const file = (typeof __dirname === 'string' ? [__dirname, dirname(__dirname)] : [])
  .map((folder) => join(folder, 'statistics.cjs'))
  .find((path) => existsSync(path));
const thread = file === undefined ? null : new StatisticsThread(file);

/** Everything that is said of one score. @throws the signal's reason when nobody waits any more */
export async function statisticsAside(scores: MetricScores, signal?: AbortSignal): Promise<MetricStatistics> {
  if (thread) return thread.ask(scores, signal);
  return metricStatistics(scores);
}
