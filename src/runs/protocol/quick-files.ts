/**
 * Small steps with files that are read again and again. A local drive answers within microseconds, for which to hand a
 * step to another thread takes many times longer: it is done here. A drive that turns out to be slow is asked elsewhere,
 * for some time.
 */
import { closeSync, read, readdirSync, readSync, type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { documentSize, openRegularFile, openRegularFileSync } from './regular-file.js';

const slowMilliseconds = 0.2;
/** Of the recent steps; a single one may be slow because others had the processor. */
const mostSlow = 0.5;
const recentSteps = 16;
const avoidedMilliseconds = 10_000;
/** Reading more than this at once takes long enough for others to wait. */
const mostBytes = 64 * 1024;

/** How many of the recent steps were slow, 0 to 1. */
let slow = 0;
let avoidedUntil = 0;

function quickly<T>(here: () => T, elsewhere: () => Promise<T>): T | Promise<T> {
  const began = performance.now();
  if (began < avoidedUntil) return elsewhere();
  try {
    return here();
  } finally {
    const isSlow = performance.now() - began > slowMilliseconds;
    slow += (Number(isSlow) - slow) / recentSteps;
    if (slow > mostSlow) {
      slow = 0;
      avoidedUntil = began + avoidedMilliseconds;
    }
  }
}

/** As much of a file handle as reading needs. */
interface ReadHandle {
  read(bytes: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

interface OpenFile {
  handle: ReadHandle;
  stats: Stats;
}

const readElsewhere = promisify(read);

class Descriptor implements ReadHandle {
  constructor(private readonly descriptor: number) {}

  async read(bytes: Buffer, offset: number, length: number, position: number) {
    const elsewhere = () => readElsewhere(this.descriptor, bytes, offset, length, position);
    if (length > mostBytes) return elsewhere();
    return quickly(
      () => ({ bytesRead: readSync(this.descriptor, bytes, offset, length, position) }),
      elsewhere,
    );
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}

/** As `openRegularFile`. */
export async function openQuickly(file: string): Promise<OpenFile> {
  return quickly<OpenFile>(
    () => {
      const { descriptor, stats } = openRegularFileSync(file);
      return { handle: new Descriptor(descriptor), stats };
    },
    () => openRegularFile(file),
  );
}

/**
 * The text of a small file.
 * @param sign keeps what the file was like
 * @throws {RunFileError} when it is a device, a pipe or far too large; else the error of the file system
 */
export async function readQuickly(file: string, sign: { keep(stats: Stats): void }): Promise<string> {
  const { handle, stats } = await openQuickly(file);
  try {
    sign.keep(stats);
    const bytes = Buffer.allocUnsafe(documentSize(file, stats));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @throws the error of the file system */
export async function statQuickly(path: string): Promise<Stats> {
  return quickly(
    () => statSync(path),
    () => stat(path),
  );
}

/** Names in a folder. @throws the error of the file system */
export async function namesIn(folder: string): Promise<string[]> {
  return quickly(
    () => readdirSync(folder),
    () => readdir(folder),
  );
}
