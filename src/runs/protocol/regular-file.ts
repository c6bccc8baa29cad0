/** Reading files that anyone may have put into a run: only regular ones, which have an end, and no further than that. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RunFileError } from './files.js';

/** Without O_NONBLOCK, opening a named pipe waits until someone writes into it. Windows has no such flag. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Of a file that is read as a whole: run.json, the largest one, has some kilobytes. */
const maxDocumentBytes = 64 * 2 ** 20;

function checkRegular(file: string, stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  throw new RunFileError(
    `${file} cannot be read: it is a device or a pipe, not a regular file.`,
    'Remove it, or put the file itself in its place.',
    file,
  );
}

/** @throws {RunFileError} when a file that is read as a whole is far too large */
export function documentSize(file: string, stats: Stats, mostBytes = maxDocumentBytes): number {
  checkRegular(file, stats);
  if (stats.size <= mostBytes) return stats.size;
  throw new RunFileError(
    `${file} cannot be read: it has ${Math.round(stats.size / 2 ** 20)} MB, more than ${mostBytes / 2 ** 20} MB.`,
    'Restore it from a backup.',
    file,
  );
}

/**
 * Opens a regular file for reading. The caller closes it, and reads no more than the size.
 * @throws {RunFileError} when it is a device or a pipe; else the error of the file system
 */
export async function openRegularFile(file: string): Promise<{ handle: FileHandle; stats: Stats }> {
  const handle = await open(file, readFlags);
  try {
    const stats = await handle.stat();
    checkRegular(file, stats);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** As `openRegularFile`. */
export function openRegularFileSync(file: string): { descriptor: number; stats: Stats } {
  const descriptor = openSync(file, readFlags);
  try {
    const stats = fstatSync(descriptor);
    checkRegular(file, stats);
    return { descriptor, stats };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * The text of a small file.
 * @param mostBytes of what people give, such as data, there may be more
 * @throws {RunFileError} when it is a device, a pipe or far too large; else the error of the file system
 */
export function readRegularFileSync(file: string, mostBytes = maxDocumentBytes): string {
  const { descriptor, stats } = openRegularFileSync(file);
  try {
    const bytes = Buffer.alloc(documentSize(file, stats, mostBytes));
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
