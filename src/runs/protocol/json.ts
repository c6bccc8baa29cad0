/** Reading the JSON files of a run without a schema library: only the fields that are used are checked. */
import { join } from 'node:path';
import { FileSign } from './file-sign.js';
import { errorCode, RunFileError, runFileError } from './files.js';
import { runFiles } from './paths.js';
import { readQuickly } from './quick-files.js';
import { runStates } from './run-states.js';
import type { RunManifest, RunStatus } from './schema.js';
import { RUN_SCHEMA_VERSION } from './version.js';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A JSON file that is read again and again, but opened only when it may have changed: as long as its text stays, so does
 * the object that it gave.
 */
export class JsonFile<T> {
  readonly #sign = new FileSign();
  #text: string | null = null;
  #value: T | null = null;

  constructor(
    readonly file: string,
    private readonly check: (value: JsonObject, file: string) => T,
  ) {}

  /** Null when there is no such file. @throws {RunFileError} when it cannot be read or holds something else. */
  async read(): Promise<T | null> {
    if (await this.#sign.holds(this.file)) return this.#value;
    try {
      const text = await readQuickly(this.file, this.#sign);
      if (this.#value === null || text !== this.#text) {
        this.#value = this.check(parseJsonObject(text, this.file), this.file);
        this.#text = text;
      }
      return this.#value;
    } catch (error) {
      this.#sign.clear();
      if (errorCode(error) === 'ENOENT') return null;
      throw runFileError(error, 'read', this.file);
    }
  }
}

/** The object that a text or a line of UTF-8 holds, or null when it holds anything else. */
export function parseObject(text: string | Buffer): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text.toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Strings, and outside of them what Python writes for numbers that JSON lacks. An unclosed string ends with the text. */
const stringsAndGaps = /"[^"\\]*(?:\\.[^"\\]*)*"?|-?Infinity|NaN/gs;

/** As `parseObject`; NaN, Infinity and -Infinity, which Python's JSON may hold, are null. */
export function parseObjectWithGaps(text: string | Buffer): JsonObject | null {
  const value = parseObject(text);
  if (value) return value;
  try {
    const withNulls = text.toString().replace(stringsAndGaps, (found) => (found[0] === '"' ? found : 'null'));
    return parseObject(withNulls);
  } catch {
    // Too long for a string.
    return null;
  }
}

function parseJsonObject(text: string, file: string): JsonObject {
  const value = parseObject(text);
  if (value) return value;
  throw new RunFileError(`${file} is damaged: it is not a JSON object.`, 'Restore it from a backup.', file);
}

/** Fields without which a run cannot be shown, by path and type. */
const manifestFields: readonly [string, (value: unknown) => boolean][] = [
  ['id', isString],
  ['name', isString],
  ['createdAt', isString],
  ['experiment.optimization.steps', Number.isInteger],
  ['experiment.evaluation.benchmarks', Array.isArray],
  ['experiment.rollout.groupSize', Number.isInteger],
];

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function fieldAt(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value: unknown, name) => (isObject(value) ? value[name] : undefined), object);
}

function checkManifest(value: JsonObject, file: string): RunManifest {
  // Another program's log need not say how it trained.
  const demanded = isObject(value.imported)
    ? manifestFields.filter(([path]) => !path.startsWith('experiment.'))
    : manifestFields;
  const missing = demanded.find(([path, isRight]) => !isRight(fieldAt(value, path)))?.[0];
  if (missing !== undefined) {
    const hint = newerSchemaNotice(value) ?? 'Restore it from a backup.';
    throw new RunFileError(`${file}: ${missing} is missing or of the wrong type.`, hint, file);
  }
  return value as RunManifest;
}

/** @param as what readers get of it, once for each change */
export function manifestFile(
  runDirectory: string,
  as: (manifest: RunManifest) => RunManifest = (manifest) => manifest,
): JsonFile<RunManifest> {
  return new JsonFile(join(runDirectory, runFiles.manifest), (value, file) => as(checkManifest(value, file)));
}

/**
 * @param from the file when it is read again and again
 * @throws {RunFileError} when `run.json` is missing or lacks what a run needs to be shown
 */
export async function readManifest(
  runDirectory: string,
  from = manifestFile(runDirectory),
): Promise<RunManifest> {
  const manifest = await from.read();
  if (manifest) return manifest;
  throw new RunFileError(`${from.file} is missing.`, 'Delete the folder if it is not a run.', from.file);
}

const states: ReadonlySet<unknown> = new Set(runStates);

function checkStatus(value: JsonObject, file: string): RunStatus {
  const usable =
    states.has(value.state) &&
    Number.isInteger(value.pid) &&
    isString(value.processStart) &&
    isString(value.heartbeat) &&
    Number.isInteger(value.step);
  if (usable) return value as RunStatus;
  const hint = newerSchemaNotice(value) ?? 'Resume the run: the trainer writes it again.';
  throw new RunFileError(`${file}: state, pid, processStart, heartbeat or step is wrong.`, hint, file);
}

/** `status.json`, which is not there before the trainer's first one. */
export function statusFile(
  runDirectory: string,
  as: (status: RunStatus) => RunStatus = (status) => status,
): JsonFile<RunStatus> {
  return new JsonFile(join(runDirectory, runFiles.status), (value, file) => as(checkStatus(value, file)));
}

/** `status.json`, or null before the trainer's first one. @throws {RunFileError} when it is damaged. */
export async function readStatus(runDirectory: string): Promise<RunStatus | null> {
  return statusFile(runDirectory).read();
}

/** A sentence when the file was written by a later version, else null. */
export function newerSchemaNotice(value: JsonObject): string | null {
  const { schema } = value;
  if (typeof schema !== 'number' || schema <= RUN_SCHEMA_VERSION) return null;
  return `This run was written by a newer G2RL Lab (schema ${schema}; this one knows ${RUN_SCHEMA_VERSION}). Some of it may be missing here: update G2RL Lab.`;
}
