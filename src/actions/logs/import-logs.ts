/** Import: runs of other programs, from their logs. */
import { KnownError } from '../../errors.js';
import { type FoundRun, ImportedRun, importedFolder } from '../../logs/index.js';
import { importResults } from '../results/index.js';

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

export const fileResults = async (directory: string, file: string, step: number): Promise<void> => {
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
