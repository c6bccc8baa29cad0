/**
 * Checkpoints: `checkpoints/step-NNNNNN/`, a Hugging Face folder plus `trainer/` with all that a resume needs.
 * Written to a temporary folder, flushed, checksummed, renamed: a checkpoint with its final name is whole, and its
 * checksums reveal later damage.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import {
  checkpointDirectory,
  errorCode,
  isInside,
  makeFolderWithin,
  openFilesHint,
  openRegularFileSync,
  parseStepName,
  RunFileError,
  readRegularFileSync,
  runFileError,
  runFiles,
  type TrainerState,
  trainerStateSchema,
} from '../../../runs/protocol/index.js';
import { adapterFiles, isAdapted, type Model } from './adapted-policy.js';
import { ChangedLoraError } from './changed-lora.js';
import { type Policy, policyFileNames, policyFiles, readPolicyFolder } from './policy-folder.js';
import { encodeSafetensors, SafetensorsFile } from './safetensors.js';

const checksumsFile = 'trainer/checksums.json';
export const stateFile = 'trainer/state.json';
const optimizerFile = 'trainer/optimizer.safetensors';
const checksumsSchema = z.record(z.string(), z.string());
const partialPrefix = '.partial-';
const chunkBytes = 2 ** 20;
/** Files and hashes take less than 2 GiB at once. */
const bytesAtOnce = 2 ** 30;

/** @typeParam Saved what is read of the policy */
export interface Checkpoint<Saved = Policy> {
  policy: Saved;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  state: TrainerState;
}

function checkpointsDirectory(runDirectory: string): string {
  return join(runDirectory, runFiles.checkpoints);
}

function writeFlushed(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(descriptor, bytes, done, Math.min(bytesAtOnce, bytes.length - done));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function flushDirectory(path: string): void {
  // Windows cannot open a directory; its renames are durable by themselves.
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function sha256(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  for (let done = 0; done < bytes.length; done += bytesAtOnce) {
    hash.update(bytes.subarray(done, done + bytesAtOnce));
  }
  return hash.digest('hex');
}

/** SHA-256 of a regular file. */
function checksumOf(path: string): string {
  const hash = createHash('sha256');
  const { descriptor } = openRegularFileSync(path);
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let count = readSync(descriptor, chunk); count > 0; count = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, count));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}

/**
 * Writes files into a folder that appears all at once, replacing one of the same name.
 * On an error the older folder stays and nothing else is left behind.
 * @param retry what to do when the cause is removed, as the end of a sentence
 * @throws InputError with what the file system said
 */
export function writeFolder(
  target: string,
  files: ReadonlyMap<string, Uint8Array>,
  retry = 'try again',
): void {
  const parent = dirname(target);
  const partial = join(parent, `${partialPrefix}${basename(target)}-${process.pid}`);
  try {
    makeFolderWithin(parent);
    rmSync(partial, { recursive: true, force: true });
    for (const folder of ['.', ...files.keys()].map(dirname)) makeFolderWithin(join(partial, folder));
    for (const [name, bytes] of files) writeFlushed(join(partial, name), bytes);
    flushDirectory(partial);
    hide(target);
    renameSync(partial, target);
    flushDirectory(parent);
    rmSync(hidden(target), { recursive: true, force: true });
  } catch (error) {
    try {
      rmSync(partial, { recursive: true, force: true });
    } catch {
      // The reason why it cannot be written must be reported.
    }
    throw new InputError(
      `${target}: cannot be written (${reasonOf(error)}).`,
      openFilesHint(error) ?? `Free disk space or make the folder writable, then ${retry}.`,
    );
  }
}

/** Where a folder is while it is removed: a removal that is cut off must leave no half checkpoint for readers. */
const hidden = (folder: string) => join(dirname(folder), `${partialPrefix}old-${basename(folder)}`);

function hide(folder: string): void {
  if (!existsSync(folder)) return;
  if (existsSync(hidden(folder))) rmSync(hidden(folder), { recursive: true, force: true });
  renameSync(folder, hidden(folder));
}

/** Writes a checkpoint and returns its folder. */
export function writeCheckpoint(runDirectory: string, checkpoint: Checkpoint<Model>): string {
  const { policy, firstMoment, secondMoment, state } = checkpoint;
  const files = isAdapted(policy) ? adapterFiles(policy) : policyFiles(policy);
  const moment = (name: string, data: Float32Array) => ({ name, shape: [data.length], data });
  files.set(
    optimizerFile,
    encodeSafetensors([moment('firstMoment', firstMoment), moment('secondMoment', secondMoment)]),
  );
  files.set(stateFile, Buffer.from(`${JSON.stringify(state, null, 2)}\n`));
  const checksums = Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]));
  files.set(checksumsFile, Buffer.from(`${JSON.stringify(checksums, null, 2)}\n`));
  const target = checkpointDirectory(runDirectory, state.step);
  writeFolder(target, files, 'resume the run');
  return target;
}

function damaged(path: string, what: string): InputError {
  return new InputError(`${path}: ${what}.`, 'Resume from an older checkpoint, or start a new run.');
}

/** What keeps this process from reading says nothing about the file. */
function unreadable(path: string, error: unknown): Error {
  const isOther = ['EMFILE', 'ENFILE', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '');
  return isOther ? runFileError(error, 'read', path) : damaged(path, `cannot be read (${reasonOf(error)})`);
}

function reading<T>(path: string, use: (path: string) => T): T {
  try {
    return use(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Checks every file that a resume reads: one without a checksum could be damaged, too. */
function verifyChecksums(directory: string): void {
  const path = join(directory, checksumsFile);
  const checksums = reading(path, () => checksumsSchema.parse(JSON.parse(readRegularFileSync(path))));
  for (const name of [stateFile, optimizerFile, ...policyFileNames(directory)]) {
    if (!Object.hasOwn(checksums, name)) throw damaged(path, `has no checksum of ${name}`);
  }
  for (const [name, expected] of Object.entries(checksums)) {
    if (!isInside(name))
      throw damaged(path, `names ${JSON.stringify(name)}, which is not a file of this folder`);
    const file = join(directory, name);
    if (!existsSync(file)) throw damaged(file, 'is missing from the checkpoint');
    if (reading(file, checksumOf) !== expected) throw damaged(file, 'does not match its checksum');
  }
}

/** Reads the policy of a checkpoint, and says how many of its values are trained. */
export type CheckpointReader<Saved> = (directory: string) => { policy: Saved; trained: number };

export const readWholePolicy: CheckpointReader<Policy> = (directory) => {
  const policy = readPolicyFolder(directory);
  return { policy, trained: policy.layout.total };
};

/** @throws InputError naming the file that is missing or does not match its checksum */
export function readCheckpoint(directory: string): Checkpoint;
export function readCheckpoint<Saved>(directory: string, reader: CheckpointReader<Saved>): Checkpoint<Saved>;
export function readCheckpoint(
  directory: string,
  reader: CheckpointReader<unknown> = readWholePolicy,
): Checkpoint<unknown> {
  verifyChecksums(directory);
  const state = reading(join(directory, stateFile), (path) =>
    trainerStateSchema.parse(JSON.parse(readRegularFileSync(path))),
  );
  const { policy, trained } = reader(directory);
  const moments = SafetensorsFile.open(join(directory, optimizerFile));
  try {
    const read = (name: string) => {
      const data = new Float32Array(trained);
      moments.readInto(name, data);
      return data;
    };
    return { policy, firstMoment: read('firstMoment'), secondMoment: read('secondMoment'), state };
  } finally {
    moments.close();
  }
}

/** Which checkpoints are known to be whole, or not, by their folder: each is read for it once. */
export type KnownCheckpoints = Map<string, boolean>;

/** Newest first. @throws {RunFileError} */
function checkpointFolders(runDirectory: string): string[] {
  return namesIn(checkpointsDirectory(runDirectory))
    .map(parseStepName)
    .filter((step) => step !== null)
    .sort((a, b) => b - a)
    .map((step) => checkpointDirectory(runDirectory, step));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', folder);
  }
}

/**
 * The newest checkpoint that is whole, and those that were passed over with the reasons; null without one.
 * @throws {RunFileError} when one may not be read, which says nothing about it; {ChangedLoraError}
 */
export function newestCheckpoint<Saved>(
  runDirectory: string,
  reader: CheckpointReader<Saved>,
  known: KnownCheckpoints = new Map(),
): {
  checkpoint: Checkpoint<Saved> | null;
  skipped: { directory: string; reason: string }[];
} {
  const skipped: { directory: string; reason: string }[] = [];
  for (const directory of checkpointFolders(runDirectory)) {
    try {
      const checkpoint = readCheckpoint(directory, reader);
      known.set(directory, true);
      return { checkpoint, skipped };
    } catch (error) {
      if (error instanceof RunFileError || error instanceof ChangedLoraError) throw error;
      known.set(directory, false);
      skipped.push({ directory, reason: reasonOf(error) });
    }
  }
  return { checkpoint: null, skipped };
}

function isWhole(directory: string, known: KnownCheckpoints): boolean {
  const found = known.get(directory) ?? isVerified(directory);
  known.set(directory, found);
  return found;
}

function isVerified(directory: string): boolean {
  try {
    verifyChecksums(directory);
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes what interrupted writes left, and all checkpoints that are older than the newest `keep` whole ones (0 keeps
 * all): a damaged one does not count, and pushes no other out.
 * @throws {RunFileError}
 */
export function pruneCheckpoints(
  runDirectory: string,
  keep: number,
  known: KnownCheckpoints = new Map(),
): void {
  const root = checkpointsDirectory(runDirectory);
  const leftovers = namesIn(root).filter((name) => name.startsWith(partialPrefix));
  try {
    for (const name of leftovers) rmSync(join(root, name), { recursive: true, force: true });
    for (const folder of oldCheckpoints(runDirectory, keep, known)) {
      hide(folder);
      rmSync(hidden(folder), { recursive: true, force: true });
    }
  } catch (error) {
    throw runFileError(error, 'pruned', root);
  }
}

function oldCheckpoints(runDirectory: string, keep: number, known: KnownCheckpoints): string[] {
  const folders = checkpointFolders(runDirectory);
  // As long as there are so few, none need be read.
  if (keep === 0 || folders.length <= keep) return [];
  let whole = 0;
  return folders.filter((folder) => {
    if (whole === keep) return true;
    if (isWhole(folder, known)) whole++;
    return false;
  });
}
