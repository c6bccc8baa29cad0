/** Reading the JSON files of a run without a schema library: what is used is looked at, the rest is let through. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, RunFileError, runFileError } from './files.js';
import { runFiles } from './paths.js';
import type { RunManifest, RunState, RunStatus } from './schema.js';
import { RUN_SCHEMA_VERSION } from './version.js';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The object in a JSON file; null when there is no such file.
 * @throws {RunFileError} when it cannot be read or holds something else.
 */
async function readJsonObject(file: string): Promise<JsonObject | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw runFileError(error, 'read', file);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below, with the name of the file.
  }
  throw new RunFileError(`${file} is damaged: it is not a JSON object.`, 'Restore it from a backup.', file);
}

/** Fields without which nobody can show a run, by path and type. */
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

/** @throws {RunFileError} when `run.json` is missing or lacks what a run needs to be shown. */
export async function readManifest(runDirectory: string): Promise<RunManifest> {
  const file = join(runDirectory, runFiles.manifest);
  const value = await readJsonObject(file);
  if (!value) {
    throw new RunFileError(`${file} is missing.`, 'Delete the folder if it is no run.', file);
  }
  const missing = manifestFields.find(([path, isRight]) => !isRight(fieldAt(value, path)))?.[0];
  if (missing !== undefined) {
    const hint = newerSchemaNotice(value) ?? 'Restore it from a backup.';
    throw new RunFileError(`${file}: ${missing} is missing or of the wrong type.`, hint, file);
  }
  return value as RunManifest;
}

const states: ReadonlySet<unknown> = new Set<RunState>([
  'starting',
  'running',
  'evaluating',
  'stopping',
  'finished',
  'stopped',
  'failed',
]);

/** `status.json`, or null before the trainer's first one. @throws {RunFileError} when it is damaged. */
export async function readStatus(runDirectory: string): Promise<RunStatus | null> {
  const file = join(runDirectory, runFiles.status);
  const value = await readJsonObject(file);
  if (!value) return null;
  const usable =
    states.has(value.state) &&
    Number.isInteger(value.pid) &&
    isString(value.processStart) &&
    isString(value.heartbeat) &&
    Number.isInteger(value.step);
  if (usable) return value as RunStatus;
  const hint = newerSchemaNotice(value) ?? 'Resume the run: the trainer writes it anew.';
  throw new RunFileError(`${file}: state, pid, processStart, heartbeat or step is wrong.`, hint, file);
}

/** A sentence when the file was written by a later version, else null. */
export function newerSchemaNotice(value: JsonObject): string | null {
  const { schema } = value;
  if (typeof schema !== 'number' || schema <= RUN_SCHEMA_VERSION) return null;
  return `This run was written by a newer G2RL Lab (schema ${schema}; this one knows ${RUN_SCHEMA_VERSION}). Some of it may be missing here: update G2RL Lab.`;
}
