/** Writing files of a run so that nothing is half written: to a temporary file and renamed, or whole lines at once. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KnownError, reasonOf } from '../../errors.js';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space, then resume the run: it continues from its newest checkpoint.',
  EDQUOT: 'The disk quota is used up. Free some space, then resume the run.',
  EACCES: 'This user may not write there. Change the permissions or choose another runs directory.',
  EPERM: 'This user may not write there. Change the permissions or choose another runs directory.',
  EROFS: 'That file system is read-only. Choose another runs directory.',
  ENOENT: 'The folder is gone. It may have been moved or deleted during the run.',
  ENOTDIR: 'A part of the path is a file, not a folder. Move it away, or choose another runs directory.',
  EMFILE:
    'This process may open no more files. Raise its limit, for example with "ulimit -n 4096", then try again.',
  ENFILE:
    'The machine has as many files open as it may. Close programs or raise its limit (fs.file-max), then try again.',
  ENXIO: 'It is a device or a pipe, not a regular file. Remove it.',
  EEXIST: 'A file of that name already exists. Move it away, or choose another runs directory.',
};

/** A file of a run could not be read or written. `hint` says what to do about it. */
export class RunFileError extends KnownError {
  override readonly name = 'RunFileError';
  constructor(
    message: string,
    hint: string,
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(message, hint, options);
  }
}

export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What to do when no more files can be opened, which says nothing about the file; undefined for other errors. */
export function openFilesHint(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  if (['EMFILE', 'ENFILE'].includes(code)) return hints[code];
  // As the loader of libraries and the start of a thread say it.
  return /\bEMFILE\b|too many open files/i.test(reasonOf(error)) ? hints.EMFILE : undefined;
}

/** What to do when a limit of the machine is reached, whatever was written or read; undefined for other errors. */
export function resourceHint(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(code) ? hints[code] : openFilesHint(error);
}

/** The error of a file system call as one that names the file and the remedy. */
export function runFileError(error: unknown, action: string, file: string): RunFileError {
  if (error instanceof RunFileError) return error;
  const code = errorCode(error);
  const reason = reasonOf(error);
  const hint = (code && hints[code]) ?? 'Check the file and its folder.';
  return new RunFileError(`${file} cannot be ${action} (${code ?? reason}).`, hint, file, { cause: error });
}

/** Writes all of `data`: `writeSync` may write less than it was given. */
function writeWhole(descriptor: number, data: Buffer): void {
  let offset = 0;
  while (offset < data.length) offset += writeSync(descriptor, data, offset);
}

function using(descriptor: number, use: (descriptor: number) => void): void {
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/**
 * Opens a file that may be there, and be anyone's: a pipe would never take what is written. A character device answers
 * at once.
 */
function openToWrite(file: string, flags: number): number {
  const descriptor = openSync(file, flags | (constants.O_NONBLOCK ?? 0), 0o666);
  const stats = fstatSync(descriptor);
  if (stats.isFile() || stats.isCharacterDevice()) return descriptor;
  closeSync(descriptor);
  throw Object.assign(new Error('it is a pipe, a socket or a disk'), { code: 'ENXIO' });
}

/** Opens a file that only grows; made when it is missing. @throws {RunFileError} */
export function openToAppend(file: string): number {
  try {
    return openToWrite(file, appending);
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
}

/** Windows refuses to replace a file while a reader has it open, which lasts some milliseconds. */
function renameOver(from: string, to: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error) ?? '');
      if (process.platform !== 'win32' || !busy || attempt === 20) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/** A process of another container may have the same pid. */
const token = randomBytes(4).toString('hex');

/**
 * Replaces `file` as a whole: readers see the old content or the new one, also after a power failure.
 * @throws {RunFileError}
 */
export function atomicWrite(file: string, content: string): void {
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.${token}.tmp`);
  try {
    using(openSync(beside, 'w'), (descriptor) => {
      writeWhole(descriptor, Buffer.from(content));
      fsyncSync(descriptor);
    });
    renameOver(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw runFileError(error, 'written', file);
  }
}

const jsonFile = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export function atomicWriteJson(file: string, value: unknown): void {
  atomicWrite(file, jsonFile(value));
}

/** @throws {RunFileError} */
export function writeOverJson(file: string, value: unknown): void {
  writeOver(file, jsonFile(value));
}

/**
 * Writes into a file in place: a full disk has no room for a second one. A reader may see it half written.
 * @throws {RunFileError}
 */
function writeOver(file: string, content: string): void {
  const data = Buffer.from(content);
  try {
    using(openToWrite(file, constants.O_RDWR), (descriptor) => {
      writeWhole(descriptor, data);
      ftruncateSync(descriptor, data.length);
      fsyncSync(descriptor);
    });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
}

/**
 * Makes a folder and those above it.
 * @throws {RunFileError}
 */
export function makeFolder(folder: string): void {
  try {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      // On a read-only file system Node says only that there is no such folder.
      if (errorCode(error) === 'ENOENT') accessSync(nearestFolder(folder), constants.W_OK);
      throw error;
    }
  } catch (error) {
    throw runFileError(error, 'created', folder);
  }
}

/**
 * Makes a folder in one that is there, if it is missing; never those above it: a run that was moved or deleted while a
 * process works on it must end that process, not begin again as half a folder.
 * @throws {RunFileError}
 */
export function makeFolderWithin(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || !statSync(folder).isDirectory())
      throw runFileError(error, 'created', folder);
  }
}

function nearestFolder(path: string): string {
  const above = dirname(path);
  return existsSync(path) || above === path ? path : nearestFolder(above);
}

function takeBack(descriptor: number, size: number): void {
  try {
    ftruncateSync(descriptor, size);
  } catch {
    // The reason why the append failed must be reported; a half line is repaired on resume.
  }
}

/**
 * Appends one JSON object per line in one write. What a full disk took only in part is taken back, so that
 * the file still ends with a whole line.
 * @throws {RunFileError}
 */
export function appendLines(file: string, records: readonly object[]): void {
  if (records.length === 0) return;
  appendWhole(file, Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')));
}

/** The same for bytes. @throws {RunFileError} */
export function appendWhole(file: string, data: Buffer): void {
  try {
    using(openToWrite(file, appending), (descriptor) => {
      const { size } = fstatSync(descriptor);
      try {
        writeWhole(descriptor, data);
      } catch (error) {
        takeBack(descriptor, size);
        throw error;
      }
    });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
}

/**
 * Ends a last line that a killed process left half written, so that the next append starts a new line. A missing
 * file stays missing.
 * @throws {RunFileError}
 */
export function endLastLine(file: string): void {
  try {
    using(openToWrite(file, constants.O_RDWR), (descriptor) => {
      const { size } = fstatSync(descriptor);
      const last = Buffer.alloc(1);
      if (size === 0) return;
      readSync(descriptor, last, 0, 1, size - 1);
      if (last[0] !== 0x0a) writeSync(descriptor, '\n', size);
    });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw runFileError(error, 'repaired', file);
  }
}
