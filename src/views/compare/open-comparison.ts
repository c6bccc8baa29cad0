/** From folders to what is compared: runs that are watched already, others that are watched for it, a study's runs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KnownError } from '../../errors.js';
import { RunWatcher } from '../../runs/read/index.js';
import { readStudy, type StudyFolder, studyFiles } from '../../studies/folder/index.js';
import type { RunLibrary, WatchedRun } from '../index.js';
import { Comparison } from './comparison.js';

export interface OpenComparison {
  comparison: Comparison;
  dispose(): void;
}

/**
 * @param directories folders of runs, or that of one study
 * @throws {RunFileError | KnownError} when none of them can be read
 */
export async function openComparison(
  library: RunLibrary,
  directories: readonly string[],
  onGrown: () => void,
): Promise<OpenComparison> {
  await library.ready;
  const study = await studyAmong(directories);
  const folders = study
    ? study.runs.flatMap(({ directory }) => (directory === null ? [] : [directory]))
    : [...new Set(directories)];
  const own: RunWatcher[] = [];
  const runs: WatchedRun[] = [];
  let failure: unknown = null;
  for (const folder of folders) {
    const known = library.run(folder);
    if (known) {
      runs.push(known);
      continue;
    }
    try {
      const run = await RunWatcher.open(folder);
      own.push(run);
      runs.push(run);
    } catch (error) {
      // One of many may be deleted: the others are compared.
      failure = error;
    }
  }
  if (runs.length === 0) throw failure ?? new KnownError('There are no runs to compare yet.');
  const comparison = new Comparison(runs, study, onGrown);
  for (const run of own) void run.start({ files: false });
  return {
    comparison,
    dispose: () => {
      comparison.dispose();
      for (const run of own) void run.dispose();
    },
  };
}

async function studyAmong(directories: readonly string[]): Promise<StudyFolder | null> {
  const folder = directories.find((directory) => existsSync(join(directory, studyFiles.manifest)));
  return folder === undefined ? null : readStudy(folder);
}
