/** Import: runs of other programs, from their logs; once, or as long as the logs grow. */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText, KnownError } from '../../errors.js';
import { type FoundRun, ImportedRun, importedFolder } from '../../logs/index.js';
import { importResults } from '../results/index.js';

/** How often a log that is followed is looked at. Drives of other machines report no changes by themselves. */
const lookMilliseconds = 1000;

/** A run that was imported, or that another process brings up to date. */
export interface ImportedLog {
  directory: string;
  name: string;
  source: string;
  format: string;
  /** Greatest step; null without any, or where another process reads it. */
  step: number | null;
  skipped: number;
  firstSkipped: string | null;
  /** Another window or terminal follows it. */
  elsewhere: boolean;
}

export interface ImportHooks {
  /** @param share of the run, 0 to 1 */
  progress?: (run: FoundRun, share: number) => void;
  /** A run could not be read, or not to its end. Without this the first such error is thrown, after the other runs. */
  failed?: (run: FoundRun, error: KnownError) => void;
  signal: AbortSignal;
}

const fileResults = async (directory: string, file: string, step: number): Promise<void> => {
  await importResults(directory, { files: [file], step, problems: null, kind: null });
};

/**
 * Files runs of logs, or brings those that they have become up to date.
 * @throws KnownError naming file, and line or offset; what was read before stays
 */
export async function importLogs(
  found: readonly FoundRun[],
  runsDirectory: string,
  { progress, signal, ...hooks }: ImportHooks,
): Promise<ImportedLog[]> {
  const imported: ImportedLog[] = [];
  const errors: KnownError[] = [];
  const failed = hooks.failed ?? ((_run, error) => errors.push(error));
  for (const run of found) {
    signal.throwIfAborted();
    try {
      imported.push(await importLog(run, runsDirectory, { progress, signal }));
    } catch (error) {
      if (signal.aborted || !(error instanceof KnownError)) throw error;
      failed(run, error);
    }
  }
  const [first] = errors;
  if (first) throw first;
  return imported;
}

async function importLog(
  run: FoundRun,
  runsDirectory: string,
  { progress, signal }: { progress: ImportHooks['progress'] | undefined; signal: AbortSignal },
): Promise<ImportedLog> {
  const opened = await ImportedRun.open(run, runsDirectory);
  if (!(opened instanceof ImportedRun)) {
    const directory = importedFolder(run, runsDirectory);
    return { ...factsOf(run), directory, step: null, skipped: 0, firstSkipped: null, elsewhere: true };
  }
  try {
    const options = { fileResults, onProgress: (share: number) => progress?.(run, share) };
    const { step, skipped, firstSkipped } = await opened.update(options, signal);
    return { ...factsOf(run), directory: opened.directory, step, skipped, firstSkipped, elsewhere: false };
  } finally {
    opened.close();
  }
}

const factsOf = ({ name, source, format }: FoundRun) => ({ name, source, format });

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
  const followed = runs.map((run) => new FollowedLog(run, runsDirectory, hooks));
  try {
    while (!signal.aborted) {
      for (const log of followed) await log.look(signal);
      await sleep(lookMilliseconds, undefined, { signal }).catch(() => {});
    }
  } finally {
    for (const log of followed) log.close();
  }
}

class FollowedLog {
  #opened: ImportedRun | null = null;
  #reason = '';

  constructor(
    private readonly found: FoundRun,
    private readonly runsDirectory: string,
    private readonly hooks: Omit<FollowHooks, 'signal'>,
  ) {}

  /** What cannot be read now is tried again with the next look. */
  async look(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      await this.#read(signal);
      this.#reason = '';
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof KnownError)) throw error;
      const reason = errorText(error);
      if (this.#reason !== reason) this.hooks.failed?.(this.found, reason);
      this.#reason = reason;
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    if (!this.#opened) {
      // Another process that follows it may have ended meanwhile.
      const opened = await ImportedRun.open(this.found, this.runsDirectory);
      if (!(opened instanceof ImportedRun)) return;
      this.#opened = opened;
    }
    const { changed, step } = await this.#opened.update({ fileResults }, signal);
    if (changed) this.hooks.grown?.(this.found, step);
  }

  close(): void {
    this.#opened?.close();
  }
}
