/** What the operating system reports of changes in folders. Who relies on it also looks now and then. */
import { watch } from 'node:fs';

export interface FolderWatch {
  close(): void;
}

/**
 * Whether one watcher reports everything below its folder. On Linux each folder needs its own, which costs a few
 * microseconds; Node would walk the tree and take one for each file too.
 */
export const seesBelow = process.platform !== 'linux';

/**
 * Reports what changes in a folder: entries that come, go or are replaced, and those whose content changes.
 * @param report gets the path below the folder, null where the system does not say it
 * @returns null when it cannot be watched: it is gone, or the system has no more watchers
 */
export function watchFolder(
  folder: string,
  report: (path: string | null, kind: 'rename' | 'change') => void,
): FolderWatch | null {
  try {
    const watcher = watch(folder, { recursive: seesBelow }, (kind, path) => report(path, kind));
    watcher.on('error', () => {
      watcher.close();
      report(null, 'rename');
    });
    return watcher;
  } catch {
    return null;
  }
}

/** Folders in a run with many files whose individual changes do not matter. */
const unwatched: ReadonlySet<string | undefined> = new Set(['rollouts', 'evaluations', 'control']);

/** Whether a change in a run shows in what is read of it. @param path below the run's folder */
export function matters(path: string | null): boolean {
  if (path === null) return true;
  const [first, , ...below] = path.split(/[\\/]/);
  return below.length === 0 && !unwatched.has(first) && !path.endsWith('.tmp');
}
