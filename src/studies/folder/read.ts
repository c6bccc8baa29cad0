/** Reading studies: one folder, and all of a workspace. Never writes. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { KnownError } from '../../errors.js';
import {
  errorCode,
  isObject,
  isSameProcess,
  JsonFile,
  type JsonObject,
  lockOwner,
  RunFileError,
  type RunState,
  readStatus,
  runFileError,
  sightOf,
} from '../../runs/protocol/index.js';
import { JsonLinesTail } from '../../runs/read/index.js';
import { type Arm, armsOf, keyOf, type StudyRunKey, seedsOf } from '../plan/index.js';
import {
  isStudyRunRecord,
  type StudyManifest,
  type StudyRunRecord,
  type StudyState,
  type StudyStatus,
  studyFiles,
} from './protocol.js';

/** `interrupted`: its runner is gone without an end; Resume continues. */
export type ShownStudyState = StudyState | 'interrupted';

/** A run that the study has or will have. */
export interface StudyRun extends StudyRunKey {
  arm: Arm;
  /** Absolute folder, once it was begun or adopted. */
  directory: string | null;
  adopted: boolean;
}

export interface StudyFolder {
  directory: string;
  manifest: StudyManifest;
  status: StudyStatus | null;
  state: ShownStudyState;
  /** Arms in the file's order, each with its seeds. */
  runs: StudyRun[];
}

/** No study, or more than one, is meant by what was typed. */
class StudyNotFoundError extends KnownError {
  override readonly name = 'StudyNotFoundError';
}

/** @throws {RunFileError} when `study.json` is missing or damaged */
export async function readStudy(path: string): Promise<StudyFolder> {
  const directory = resolve(path);
  const file = join(directory, studyFiles.manifest);
  const manifest = await new JsonFile(file, checkManifest).read();
  if (!manifest)
    throw new RunFileError(`${file} is missing.`, 'Delete the folder if it is not a study.', file);
  const status = await new JsonFile(join(directory, studyFiles.status), checkStatus).read();
  const records = await readRecords(directory);
  const runs = armsOf(manifest.study).flatMap((arm) =>
    seedsOf(manifest.study).map((seed): StudyRun => {
      const key = { variant: arm.variant, point: arm.point, seed };
      const record = records.get(keyOf(key));
      return {
        ...key,
        arm,
        directory: record ? join(manifest.runsDirectory, basename(record.run)) : null,
        adopted: record?.how === 'adopted',
      };
    }),
  );
  return { directory, manifest, status, state: stateOf(directory, status), runs };
}

/** By key; the last record counts. */
async function readRecords(directory: string): Promise<Map<string, StudyRunRecord>> {
  const tail = new JsonLinesTail<StudyRunRecord>(join(directory, studyFiles.runs), isStudyRunRecord);
  const { records } = await tail.read();
  return new Map(records.map((record) => [keyOf(record), record]));
}

/** A heartbeat elsewhere that is older is of a runner that is gone: clocks differ, and network drives are late. */
const longestAge = 120_000;

function stateOf(directory: string, status: StudyStatus | null): ShownStudyState {
  const isOver = status !== null && status.state !== 'running' && status.state !== 'stopping';
  const owner = lockOwner(directory);
  const shown = status?.state === 'stopping' ? 'stopping' : 'running';
  if (owner && sightOf(owner) === 'alive' && !(isOver && isSameProcess(owner, status))) return shown;
  if (!status) return 'interrupted';
  if (isOver) return status.state;
  const sight = sightOf(status);
  const isFresh = Math.abs(Date.now() - Date.parse(status.heartbeat)) < longestAge;
  return sight === 'alive' || (sight === 'elsewhere' && isFresh) ? status.state : 'interrupted';
}

function checkManifest(value: JsonObject, file: string): StudyManifest {
  const { id, name, study, runsDirectory, experimentText, experimentFile } = value;
  const texts = { id, name, runsDirectory, experimentText, experimentFile, file: value.file };
  const wrong = Object.entries(texts).find(([, text]) => typeof text !== 'string')?.[0];
  const isUsable =
    isObject(study) && isObject(study.variants) && isObject(study.grid) && isObject(study.score);
  if (wrong === undefined && isUsable) return value as unknown as StudyManifest;
  const message = `${file}: ${wrong ?? 'study'} is missing or of the wrong type.`;
  throw new RunFileError(message, 'Restore it from a backup.', file);
}

function checkStatus(value: JsonObject, file: string): StudyStatus {
  if (
    typeof value.state === 'string' &&
    Number.isInteger(value.pid) &&
    typeof value.heartbeat === 'string' &&
    typeof value.processStart === 'string'
  )
    return value as unknown as StudyStatus;
  throw new RunFileError(
    `${file}: state, pid or processStart is wrong.`,
    'Resume the study: it is written again.',
    file,
  );
}

/** Folders of all studies, oldest first. The root may be missing. @throws {RunFileError} */
export async function listStudyFolders(root: string): Promise<string[]> {
  try {
    const names = await readdir(root);
    return names
      .filter((name) => existsSync(join(root, name, studyFiles.manifest)))
      .sort()
      .map((name) => join(root, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', root);
  }
}

/**
 * The newest study of a study file, else the one that the query names by its folder, id, or a part of the id.
 * @throws {StudyNotFoundError}
 */
export async function findStudy(root: string, query: string): Promise<StudyFolder> {
  const known = await studyOf(root, query);
  if (known) return known;
  if (existsSync(join(query, studyFiles.manifest))) return readStudy(query);
  const folders = await listStudyFolders(root);
  const matching = folders.filter((folder) => basename(folder).includes(query));
  const exact = folders.find((folder) => basename(folder) === query);
  if (exact !== undefined || matching.length === 1) return readStudy(exact ?? matching[0]!);
  const names = (matching.length > 0 ? matching : folders).map((folder) => basename(folder)).slice(-5);
  if (matching.length > 1)
    throw new StudyNotFoundError(
      `"${query}" matches ${matching.length} studies.`,
      `Type more of it: ${names.join(', ')}.`,
    );
  throw new StudyNotFoundError(
    `There is no study of ${query} in ${root}.`,
    names.length > 0 ? `Studies there: ${names.join(', ')}.` : 'Start it: g2rl study run <study file>.',
  );
}

/** The newest study that was begun from a file, or null. Folders that cannot be read are none. */
export async function studyOf(root: string, file: string): Promise<StudyFolder | null> {
  for (const folder of (await listStudyFolders(root)).reverse()) {
    const study = await readStudy(folder).catch((error: unknown) => {
      if (error instanceof RunFileError) return null;
      throw error;
    });
    if (study?.manifest.file === resolve(file)) return study;
  }
  return null;
}

/** What a run of a study says of itself; null when it was not begun, or has no status yet. */
export async function runStateOf({ directory }: Pick<StudyRun, 'directory'>): Promise<RunState | null> {
  if (directory === null) return null;
  const status = await readStatus(directory).catch(() => null);
  return status?.state ?? null;
}
