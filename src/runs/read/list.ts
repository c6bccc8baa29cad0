/** Finding runs by what people type, and changing the fields that users may change. */

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
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
import { listRunFolders, type UnreadableRun } from './watch-all.js';

/** All runs of a root, by folder name, and the folders in it that are none. The root may be missing. */
export async function listRuns(root: string): Promise<{ runs: RunReader[]; unreadable: UnreadableRun[] }> {
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
  return { runs, unreadable };
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
  changes: Partial<Pick<RunManifest, 'name' | 'notes' | 'tags' | 'pinned'>>,
): Promise<RunManifest> {
  const manifest: RunManifest = { ...(await readManifest(runDirectory)), ...changes };
  atomicWriteJson(join(runDirectory, runFiles.manifest), manifest);
  return manifest;
}
