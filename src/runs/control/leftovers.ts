/** What a killed process left half made, removed when that process is gone. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime, runFiles } from '../protocol/index.js';

/** Longer than a run takes to be created: the process may be one of another machine. */
const creationMilliseconds = 10 * 60_000;

/** The folder in which a run is made before it appears. */
export const folderBeside = (id: string): string => `.${id}.${process.pid}.new`;

/** Folders of runs that were never finished, of whatever version. Removing them may fail: nothing needs it. */
export function removeUnfinishedRuns(runsDirectory: string): void {
  for (const name of namesIn(runsDirectory)) {
    const match = /^\.\d{8}-\d{6}-.+?(?:\.(\d+))?\.new$/.exec(name);
    if (match === null) continue;
    const folder = join(runsDirectory, name);
    const made = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > creationMilliseconds && isGone(Number(match[1]))) remove(folder);
  }
}

/** Temporary files of a run that no process will rename any more. To be called by whoever holds the run's lock. */
export function removeTemporaryFiles(runDirectory: string): void {
  const { control, checkpoints, rollouts, evaluations } = runFiles;
  for (const below of ['', control, checkpoints, rollouts, evaluations]) {
    const folder = join(runDirectory, below);
    for (const name of namesIn(folder)) {
      const match = /^\..+?\.(\d+)(?:\.[0-9a-f]+)?\.tmp$/.exec(name) ?? /^launch\.lock\.(\d+)$/.exec(name);
      if (match !== null && isGone(Number(match[1]))) remove(join(folder, name));
    }
  }
}

const isGone = (pid: number): boolean => processStartTime(pid) === null;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Another start will try again.
  }
}
