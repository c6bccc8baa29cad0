/** From folders to what is compared: runs that are watched already, others that are watched for it, a study's runs. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KnownError } from '../../errors.js';
import { RunFileError } from '../../runs/protocol/index.js';
import { RunWatcher } from '../../runs/read/index.js';
import {
  armPlaces,
  readStudy,
  type StudyFolder,
  studiesDirectoryOf,
  studyFiles,
} from '../../studies/folder/index.js';
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
  const opened = await Promise.allSettled(
    folders.map(async (folder): Promise<WatchedRun> => {
      const known = library.run(folder);
      if (known) return known;
      const run = await RunWatcher.open(folder);
      own.push(run);
      return run;
    }),
  );
  // One of many may be deleted: the others are compared.
  const runs = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (runs.length === 0) {
    const failed = opened.find((one) => one.status === 'rejected');
    throw failed?.reason ?? new KnownError('There are no runs to compare yet.');
  }
  const studies = study ? [study] : await studiesOf(runs);
  const comparison = new Comparison(runs, study, armPlaces(studies), onGrown);
  for (const run of own) void run.start({ files: false });
  // Why something cannot be read is said to those who ask for curves.
  comparison.readSeries().catch(() => {});
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

/** Those that the runs belong to and that can be read. */
async function studiesOf(runs: readonly WatchedRun[]): Promise<StudyFolder[]> {
  const folders = new Set(
    runs.flatMap(({ directory, summary }) => {
      const id = summary.manifest.study?.id;
      return id === undefined ? [] : [join(studiesDirectoryOf(dirname(directory)), id)];
    }),
  );
  const found = await Promise.all(
    [...folders].map(async (folder) => {
      try {
        return await readStudy(folder);
      } catch (error) {
        // Its runs may have outlived it.
        if (error instanceof RunFileError) return null;
        throw error;
      }
    }),
  );
  return found.filter((study) => study !== null);
}
