/** Runs of other programs that are brought up to date as long as their logs grow. */
import { errorText, KnownError } from '../../errors.js';
import { type FoundRun, ImportedRun, LogWatch } from '../../logs/index.js';
import { fileResults } from './import-logs.js';

export interface FollowHooks {
  /** The run has grown to this step. */
  grown?: (run: FoundRun, step: number | null) => void;
  /** Why nothing comes at the moment: once for each reason. The log is tried again. */
  failed?: (run: FoundRun, reason: string) => void;
  signal: AbortSignal;
}

/** Brings runs up to date until the signal comes. Those that another process follows are left to it. */
export async function followLogs(
  runs: readonly FoundRun[],
  runsDirectory: string,
  { signal, ...hooks }: FollowHooks,
): Promise<void> {
  // One look at a time, however many logs there are.
  let turn: Promise<unknown> = Promise.resolve();
  await Promise.all(
    runs.map(async (run) => {
      const watch = await LogWatch.start(run, signal);
      const log = new FollowedLog(run, runsDirectory, hooks);
      try {
        while (!signal.aborted) {
          const look = turn.then(() => log.look(signal));
          turn = look.catch(() => {});
          await watch.next(await look);
        }
      } finally {
        log.close();
        await watch.close();
      }
    }),
  );
}

class FollowedLog {
  #opened: ImportedRun | null = null;
  #reason = '';

  constructor(
    private readonly found: FoundRun,
    private readonly runsDirectory: string,
    private readonly hooks: Omit<FollowHooks, 'signal'>,
  ) {}

  /** Whether the run has grown. What cannot be read now is tried again with the next look. */
  async look(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    try {
      const hasGrown = await this.#read(signal);
      this.#reason = '';
      return hasGrown;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof KnownError)) throw error;
      const reason = errorText(error);
      if (this.#reason !== reason) this.hooks.failed?.(this.found, reason);
      this.#reason = reason;
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<boolean> {
    if (!this.#opened) {
      // Another process that follows it may have ended meanwhile.
      const opened = await ImportedRun.open(this.found, this.runsDirectory);
      if (!(opened instanceof ImportedRun)) return false;
      this.#opened = opened;
    }
    const { changed, step } = await this.#opened.update({ fileResults }, signal);
    if (changed) this.hooks.grown?.(this.found, step);
    return changed;
  }

  close(): void {
    this.#opened?.close();
  }
}
