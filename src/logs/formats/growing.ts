/** Reading files that may be large and may still grow: in portions, from where the last reading ended. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../errors.js';
import { errorCode, openRegularFile, parseObjectWithGaps, runFiles } from '../../runs/protocol/index.js';
import { LogError, type Marks, SourceReplaced } from './log.js';

const portionBytes = 2 ** 20;
/** A line or record that does not fit is damage. */
const mostHeldBytes = 512 * 2 ** 20;
/** By its first bytes a file is the one that was read before. */
const headBytes = 4096;

export interface Portion {
  /** Bytes that nobody has taken yet, then what was read. */
  bytes: Buffer;
  /** Of the first byte in the file. */
  offset: number;
  /** Size of the file. */
  size: number;
  /** When the file was last written, in milliseconds. */
  modified: number;
}

/** The error of a file system call as one for people. */
function unreadable(error: unknown, path: string): Error {
  if (error instanceof LogError || error instanceof SourceReplaced) return error;
  const code = errorCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new LogError(
    `${path} cannot be read (${reasonOf(error)}).`,
    code === 'EACCES' || code === 'EPERM'
      ? 'Change its permissions, or copy it to a folder of yours.'
      : 'Check that it is still there, and that it is a file or folder of logs.',
  );
}

/**
 * Reads on from `marks[key]`, which it moves to the end of what was taken.
 * @param take how many bytes of the portion are done with; the others come again with those that follow
 */
export async function readGrowing(
  file: string,
  key: string,
  marks: Marks,
  signal: AbortSignal,
  take: (portion: Portion) => number,
): Promise<void> {
  let offset = Number(marks[key] ?? 0);
  try {
    const { handle, stats } = await openRegularFile(file);
    try {
      const head = await headOf(handle, offset, marks[`${key}#head`]);
      if (stats.size < offset || head === null) throw new SourceReplaced();
      if (head !== '') marks[`${key}#head`] = head;
      let held = Buffer.alloc(0);
      for (let at = offset; at < stats.size; ) {
        signal.throwIfAborted();
        const portion = Buffer.allocUnsafe(Math.min(Math.max(portionBytes, held.length), stats.size - at));
        const { bytesRead } = await handle.read(portion, 0, portion.length, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        const bytes =
          held.length === 0
            ? portion.subarray(0, bytesRead)
            : Buffer.concat([held, portion.subarray(0, bytesRead)]);
        const taken = take({ bytes, offset, size: stats.size, modified: stats.mtimeMs });
        offset += taken;
        marks[key] = offset;
        held = bytes.subarray(taken);
        if (held.length > mostHeldBytes) {
          throw new LogError(
            `${file}, offset ${offset}: a line or record of more than ${mostHeldBytes / 2 ** 20} MB`,
            'The file is damaged there, or it is of another format.',
          );
        }
      }
      const read = await headOf(handle, offset, marks[`${key}#head`]);
      if (read) marks[`${key}#head`] = read;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(error, file);
  }
}

/** How many of a file's first bytes are known, and their checksum; null when they are others than before. */
async function headOf(handle: FileHandle, read: number, before: number | string | undefined) {
  const known = Number.parseInt(String(before ?? 0), 10);
  const count = Math.min(read, headBytes);
  const bytes = Buffer.alloc(Math.max(known, count));
  if (bytes.length === 0) return '';
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  const signed = (length: number) =>
    `${length}:${createHash('sha256').update(bytes.subarray(0, length)).digest('hex').slice(0, 16)}`;
  if (bytesRead < known || (known > 0 && signed(known) !== before)) return null;
  return signed(Math.max(known, count));
}

/** The first bytes of a file; fewer where it is shorter. @throws LogError */
export async function firstBytes(file: string, count: number): Promise<Buffer> {
  try {
    const handle = await open(file);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(count), 0, count, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(error, file);
  }
}

const newline = 0x0a;
const byteOrderMark = Buffer.from('\uFEFF');
/** A file that nobody has written for so long ends where it ends, also without a newline. Milliseconds. */
const restAfter = 10_000;

export const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

/** An object that is closed cannot go on. */
const isClosed = (bytes: Buffer): boolean => bytes.at(-1) === 0x7d && parseObjectWithGaps(bytes) !== null;

/**
 * Whole lines that are not blank. A last one without a newline is left for later as long as it may go on.
 * @param line gets its number, 1 for the first
 * @param endOf the place of the newline that ends the line at a place; -1 when there is none yet
 */
export async function readLines(
  file: string,
  key: string,
  marks: Marks,
  signal: AbortSignal,
  line: (bytes: Buffer, number: number, share: number) => void,
  endOf = (bytes: Buffer, start: number): number => bytes.indexOf(newline, start),
): Promise<void> {
  const counter = `${key}#lines`;
  const openEnd = `${key}#open`;
  let newlines = Number(marks[counter] ?? 0);
  await readGrowing(file, key, marks, signal, ({ bytes, offset, size, modified }) => {
    // The line that was taken for the last one went on.
    if (marks[openEnd] === offset && !/^\r?\n/.test(bytes.toString('latin1', 0, 2)))
      throw new SourceReplaced();
    let start = offset === 0 && bytes.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0;
    const give = (end: number) => {
      const taken = bytes.subarray(start, end);
      if (!isBlank(taken)) line(taken, newlines + 1, (offset + end) / size);
    };
    for (let end = endOf(bytes, start); end !== -1; end = endOf(bytes, start)) {
      give(end);
      newlines += newlinesIn(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    marks[counter] = newlines;
    if (offset + bytes.length < size || start === bytes.length) return start;
    if (Date.now() - modified < restAfter && !isClosed(bytes.subarray(start))) return start;
    give(bytes.length);
    marks[openEnd] = size;
    return bytes.length;
  });
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** Names in a folder; none where there is none. */
export async function namesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** Whether files of these names are a run of G2RL Lab, whose own files are no logs of others. */
export const isRunFolder = (names: readonly string[]): boolean =>
  names.includes(runFiles.manifest) && names.includes(runFiles.status);

/**
 * Reads several files of a log. A damaged one does not keep the others back.
 * @throws LogError the first that there was, after all were read
 */
export async function readEach(
  files: readonly string[],
  signal: AbortSignal,
  read: (file: string) => Promise<void>,
): Promise<void> {
  let first: LogError | null = null;
  for (const file of files) {
    signal.throwIfAborted();
    try {
      await read(file);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      first ??= error;
    }
  }
  if (first) throw first;
}

/** Whether a folder has no logs, or too much else to look for them. */
export const isUnread = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

/** Files below a folder whose name fits, at most so many folders down, sorted. */
export async function filesBelow(
  folder: string,
  fits: (name: string) => boolean,
  depth: number,
): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (isRunFolder(entries.map(({ name }) => name))) return [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 0 && !isUnread(entry.name)) found.push(...(await filesBelow(path, fits, depth - 1)));
    } else if (fits(entry.name)) found.push(path);
  }
  return found;
}

/** When the file was last written, in milliseconds. */
export async function modified(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** Another text whenever the file may be another one. */
export async function signature(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size}:${mtimeMs}`;
  } catch (error) {
    throw unreadable(error, path);
  }
}
