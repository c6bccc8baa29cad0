/** Reading files that may be large and may still grow: in portions, from where the last reading ended. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../errors.js';
import { errorCode, openRegularFile } from '../../runs/protocol/index.js';
import { LogError, type Marks, SourceReplaced } from './log.js';

const portionBytes = 2 ** 20;
/** A line or record that does not fit is damage. */
const mostHeldBytes = 512 * 2 ** 20;

export interface Portion {
  /** Bytes that nobody has taken yet, then what was read. */
  bytes: Buffer;
  /** Of the first byte in the file. */
  offset: number;
  /** Size of the file. */
  size: number;
}

/** The error of a file system call as one for people. */
function unreadable(error: unknown, path: string): Error {
  if (error instanceof LogError || error instanceof SourceReplaced) return error;
  const code = errorCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new LogError(
    `${path} cannot be read (${code}: ${reasonOf(error)}).`,
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
      if (stats.size < offset) throw new SourceReplaced();
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
        const taken = take({ bytes, offset, size: stats.size });
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
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(error, file);
  }
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

/** Whole lines; a last one without a newline is left for later. @param line gets its number, 1 for the first */
export async function readLines(
  file: string,
  key: string,
  marks: Marks,
  signal: AbortSignal,
  line: (bytes: Buffer, number: number, share: number) => void,
): Promise<void> {
  const counter = `${key}#lines`;
  let number = Number(marks[counter] ?? 0);
  await readGrowing(file, key, marks, signal, ({ bytes, offset, size }) => {
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      number++;
      if (end > start) line(bytes.subarray(start, end), number, (offset + end) / size);
      start = end + 1;
    }
    marks[counter] = number;
    return start;
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

/** Files below a folder whose name fits, at most so many folders down, sorted. */
export async function filesBelow(
  folder: string,
  fits: (name: string) => boolean,
  depth: number,
): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const isWalked = depth > 0 && !entry.name.startsWith('.') && entry.name !== 'node_modules';
      if (isWalked) found.push(...(await filesBelow(path, fits, depth - 1)));
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
