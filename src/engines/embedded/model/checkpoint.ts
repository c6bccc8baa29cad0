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
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError, reasonOf } from '../../../errors.js';
import {
  checkpointDirectory,
  isInside,
  parseStepName,
  runFiles,
  type TrainerState,
  trainerStateSchema,
} from '../../../runs/protocol/index.js';
import { type Policy, policyFileNames, policyFiles, readPolicyFolder } from './policy-folder.js';
import { encodeSafetensors, SafetensorsFile } from './safetensors.js';

const checksumsFile = 'trainer/checksums.json';
const stateFile = 'trainer/state.json';
const optimizerFile = 'trainer/optimizer.safetensors';
const checksumsSchema = z.record(z.string(), z.string());
const partialPrefix = '.partial-';

export interface Checkpoint {
  policy: Policy;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  state: TrainerState;
}

function checkpointsDirectory(runDirectory: string): string {
  return join(runDirectory, runFiles.checkpoints);
}

function writeFlushed(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
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
  return createHash('sha256').update(bytes).digest('hex');
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
    mkdirSync(parent, { recursive: true });
    rmSync(partial, { recursive: true, force: true });
    for (const [name, bytes] of files) writeFlushed(join(partial, name), bytes);
    flushDirectory(partial);
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
    flushDirectory(parent);
  } catch (error) {
    try {
      rmSync(partial, { recursive: true, force: true });
    } catch {
      // The reason why it cannot be written must be reported.
    }
    throw new InputError(
      `${target}: cannot be written (${reasonOf(error)}).`,
      `Free disk space or make the folder writable, then ${retry}.`,
    );
  }
}

/** Writes a checkpoint and returns its folder. */
export function writeCheckpoint(runDirectory: string, checkpoint: Checkpoint): string {
  const { policy, firstMoment, secondMoment, state } = checkpoint;
  const files = policyFiles(policy);
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

/** Checks every file that a resume reads: one without a checksum could be damaged, too. */
function verifyChecksums(directory: string): void {
  const path = join(directory, checksumsFile);
  let checksums: Record<string, string>;
  try {
    checksums = checksumsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw damaged(path, `cannot be read (${reasonOf(error)})`);
  }
  for (const name of [stateFile, optimizerFile, ...policyFileNames(directory)]) {
    if (!Object.hasOwn(checksums, name)) throw damaged(path, `has no checksum of ${name}`);
  }
  for (const [name, expected] of Object.entries(checksums)) {
    if (!isInside(name))
      throw damaged(path, `names ${JSON.stringify(name)}, which is not a file of this folder`);
    const file = join(directory, name);
    if (!existsSync(file)) throw damaged(file, 'is missing from the checkpoint');
    if (sha256(readFileSync(file)) !== expected) throw damaged(file, 'does not match its checksum');
  }
}

/** @throws InputError naming the file that is missing or does not match its checksum */
export function readCheckpoint(directory: string): Checkpoint {
  verifyChecksums(directory);
  const state = trainerStateSchema.parse(JSON.parse(readFileSync(join(directory, stateFile), 'utf8')));
  const policy = readPolicyFolder(directory);
  const moments = SafetensorsFile.open(join(directory, optimizerFile));
  try {
    const read = (name: string) => {
      const data = new Float32Array(policy.layout.total);
      moments.readInto(name, data);
      return data;
    };
    return { policy, firstMoment: read('firstMoment'), secondMoment: read('secondMoment'), state };
  } finally {
    moments.close();
  }
}

function checkpointFolders(runDirectory: string): string[] {
  const root = checkpointsDirectory(runDirectory);
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .map(parseStepName)
    .filter((step) => step !== null)
    .sort((a, b) => b - a)
    .map((step) => checkpointDirectory(runDirectory, step));
}

/** The newest checkpoint that is whole, and those that were passed over with the reasons; null without one. */
export function newestCheckpoint(runDirectory: string): {
  checkpoint: Checkpoint | null;
  skipped: { directory: string; reason: string }[];
} {
  const skipped: { directory: string; reason: string }[] = [];
  for (const directory of checkpointFolders(runDirectory)) {
    try {
      return { checkpoint: readCheckpoint(directory), skipped };
    } catch (error) {
      skipped.push({ directory, reason: reasonOf(error) });
    }
  }
  return { checkpoint: null, skipped };
}

/** Removes all but the newest `keep` checkpoints (0 keeps all), and what interrupted writes left. */
export function pruneCheckpoints(runDirectory: string, keep: number): void {
  const root = checkpointsDirectory(runDirectory);
  if (!existsSync(root)) return;
  const leftovers = readdirSync(root).filter((name) => name.startsWith(partialPrefix));
  const old = keep === 0 ? [] : checkpointFolders(runDirectory).slice(keep);
  // Under another name first: a removal that is cut off must leave no half checkpoint for readers.
  const hidden = old.map((path) => {
    const beside = join(root, `${partialPrefix}${basename(path)}`);
    renameSync(path, beside);
    return beside;
  });
  for (const path of [...leftovers.map((name) => join(root, name)), ...hidden]) {
    rmSync(path, { recursive: true, force: true });
  }
}
