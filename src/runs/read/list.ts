/** Finding runs by what people type, and changing the fields that users may change. */

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distance } from 'fastest-levenshtein';
import { KnownError } from '../../errors.js';
import {
  atomicWriteJson,
  RunFileError,
  type RunManifest,
  readManifest,
  runFiles,
} from '../protocol/index.js';
import { RunReader } from './reader.js';
import { longestSilenceMilliseconds } from './signs-of-life.js';
import { listRunFolders, type UnreadableRun } from './watch-all.js';

const pauseMilliseconds = 250;
const quietMilliseconds = 3000;

/**
 * All runs of a root, by folder name, and the folders in it that are none. The root may be missing. Of runs whose
 * process cannot be seen from here it looks until they are known to go on, or nothing has changed for long.
 * @param onWait called with how many there are when that takes longer than some seconds
 */
export async function listRuns(
  root: string,
  onWait: (count: number) => void = () => {},
): Promise<{ runs: RunReader[]; unreadable: UnreadableRun[] }> {
  const runs: RunReader[] = [];
  const unreadable: UnreadableRun[] = [];
  for (const directory of await listRunFolders(resolve(root))) {
    try {
      runs.push(await RunReader.open(directory));
    } catch (error) {
      if (!(error instanceof RunFileError)) throw error;
      unreadable.push({ directory, reason: `${error.message} ${error.hint}` });
    }
  }
  await settle(runs, onWait);
  return { runs, unreadable };
}

async function settle(runs: readonly RunReader[], onWait: (count: number) => void): Promise<void> {
  const start = performance.now();
  let hasSaid = false;
  for (;;) {
    const uncertain = runs.filter((run) => run.isUncertain);
    const waited = performance.now() - start;
    if (uncertain.length === 0 || waited > longestSilenceMilliseconds) return;
    if (!hasSaid && waited > quietMilliseconds) {
      hasSaid = true;
      onWait(uncertain.length);
    }
    await sleep(pauseMilliseconds);
    // A run whose folder was damaged or removed meanwhile stays as it was read.
    await Promise.all(uncertain.map((run) => run.look().catch(() => {})));
  }
}

/** No run, or more than one, is meant by what was typed. */
class RunNotFoundError extends KnownError {
  override readonly name = 'RunNotFoundError';
}

const longestList = 5;

/** The directory of the run that `query` names: its folder, its id, or a part of the id that no other has. @throws {RunNotFoundError} */
export async function findRun(root: string, query: string): Promise<string> {
  if (existsSync(join(query, runFiles.manifest))) return resolve(query);
  const folders = await listRunFolders(resolve(root));
  const exact = folders.find((folder) => basename(folder) === query);
  if (exact) return exact;
  const partial = folders.filter((folder) => basename(folder).includes(query));
  if (partial.length === 1) return partial[0]!;
  const newestFirst = (list: string[]) => list.map((folder) => basename(folder)).reverse();
  if (partial.length > 1) {
    throw new RunNotFoundError(
      `"${query}" matches ${partial.length} runs.`,
      `Type more of it: ${newestFirst(partial).slice(0, longestList).join(', ')}.`,
    );
  }
  if (folders.length === 0) {
    throw new RunNotFoundError(
      `There is no run in ${resolve(root)}.`,
      'Give the runs directory with --runs.',
    );
  }
  const nearest = newestFirst(folders)
    .map((id) => ({ id, distance: distance(query, id) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, longestList)
    .map(({ id }) => id);
  throw new RunNotFoundError(
    `There is no run "${query}" in ${resolve(root)}.`,
    `Did you mean ${nearest.join(', ')}?`,
  );
}

/** Changes fields of a run that users may change. Fields unknown to this version stay. @throws {RunFileError} */
export async function updateManifest(
  runDirectory: string,
  changes: Partial<Pick<RunManifest, 'name' | 'notes' | 'tags' | 'pinned' | 'archived' | 'imported'>>,
): Promise<RunManifest> {
  const manifest: RunManifest = { ...(await readManifest(runDirectory)), ...changes };
  atomicWriteJson(join(runDirectory, runFiles.manifest), manifest);
  return manifest;
}
