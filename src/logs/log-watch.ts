/**
 * What the system reports of changes in a log, by chokidar, and when to look without a report: seldom where reports
 * come, more often where the log has grown without one, as on drives of other machines.
 */
import { basename, dirname, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FSWatcher } from 'chokidar';
import { formatOf } from './find.js';
import { type FoundRun, isFolder, isUnread } from './formats/index.js';

const shortestWait = 1000;
/** Where reports come, in case that one was lost. */
const longestWait = 30_000;
/** Where they do not. */
const longestUnreported = 5000;
/** Growth that is seen later than so after the newest report was not reported. */
const reportAge = 30_000;

/** How long to wait for a report before looking all the same. Milliseconds. Pure. */
export class Pace {
  #wait = shortestWait;
  #reported = Number.NEGATIVE_INFINITY;
  #reports = true;

  get milliseconds(): number {
    return this.#wait;
  }

  /** The system has reported a change. */
  reported(now: number): void {
    this.#reported = now;
    this.#reports = true;
    this.#wait = shortestWait;
  }

  /** The log cannot be watched. */
  unwatched(): void {
    this.#reports = false;
  }

  looked(hasGrown: boolean, now: number): void {
    if (hasGrown && now - this.#reported > reportAge) this.#reports = false;
    const longest = this.#reports ? longestWait : longestUnreported;
    this.#wait = hasGrown ? shortestWait : Math.min(2 * this.#wait, longest);
  }
}

/** Between two looks: a log that is written all the time is read so often at most. Milliseconds. */
const restBetween = 300;

export class LogWatch {
  readonly pace = new Pace();
  #files: FSWatcher | null = null;
  #isChanged = false;
  #wait = new AbortController();

  private constructor(
    private readonly run: FoundRun,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.#wait.abort(), { once: true });
  }

  /** @param signal ends the watching */
  static async start(run: FoundRun, signal: AbortSignal): Promise<LogWatch> {
    const watch = new LogWatch(run, signal);
    await watch.#start();
    return watch;
  }

  /** The library is loaded only now. */
  async #start(): Promise<void> {
    const { watch } = await import('chokidar');
    const { source, format } = this.run;
    const isWhole = await isFolder(source).catch(() => false);
    const folder = isWhole ? source : dirname(source);
    // A store of SQLite has its newest rows in a file beside it, whose name begins with its own.
    const name = isWhole ? '' : basename(source);
    const files = watch(folder, {
      depth: isWhole ? formatOf(format).depth : 0,
      ignoreInitial: true,
      atomic: false,
      // Below the folder only: those above it may have any name.
      ignored: (path) => path.startsWith(`${folder}${sep}`) && isUnread(basename(path)),
    });
    files.on('all', (_event, path) => {
      if (basename(path).startsWith(name)) this.#changed();
    });
    // The system has no more watchers, or the folder is gone.
    files.on('error', () => this.pace.unwatched());
    this.#files = files;
  }

  #changed(): void {
    this.pace.reported(performance.now());
    this.#isChanged = true;
    this.#wait.abort();
  }

  /** Resolves when the log is to be looked at again. @param hasGrown whether the last look has found something */
  async next(hasGrown: boolean): Promise<void> {
    this.pace.looked(hasGrown, performance.now());
    await sleep(restBetween, undefined, { signal: this.signal }).catch(() => {});
    if (!this.#isChanged && !this.signal.aborted) {
      this.#wait = new AbortController();
      await sleep(this.pace.milliseconds, undefined, { signal: this.#wait.signal }).catch(() => {});
    }
    this.#isChanged = false;
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }
}
