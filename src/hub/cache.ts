/** Files of the hub on this machine: where they are and whether their content is valid. */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Environment } from './endpoint.js';
import type { HubFile } from './errors.js';

/** Metadata of a file in the cache, stored next to the file. */
const receiptSchema = z.object({
  repository: z.string(),
  revision: z.string(),
  commit: z.string(),
  etag: z.string().nullable(),
  sha256: z.string(),
  bytes: z.int(),
  downloadedAt: z.string(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** Metadata of a partly downloaded file. */
const partSchema = z.object({ etag: z.string() });

export interface CachePaths {
  file: string;
  receipt: string;
  part: string;
  partState: string;
  lock: string;
}

/** Downloads of command line users; the editor gives its own folder. */
export function defaultCacheDirectory(environment: Environment = process.env): string {
  const own = environment.G2RL_CACHE;
  if (own) return own;
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'g2rl-lab', 'cache');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'g2rl-lab');
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'g2rl-lab');
}

/** A name of one path segment that cannot lead out of the cache. */
const segment = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '--').replace(/^\.+$/, '--');

export function cachePaths(directory: string, file: HubFile): CachePaths {
  const path = join(
    directory,
    file.kind === 'model' ? 'models' : 'datasets',
    segment(file.repository),
    segment(file.revision),
    ...file.path.split('/').map(segment),
  );
  return {
    file: path,
    receipt: `${path}.receipt.json`,
    part: `${path}.part`,
    partState: `${path}.part.json`,
    lock: `${path}.lock`,
  };
}

function readJson<Value>(path: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

export interface Digests {
  sha256: string;
  /** What git calls the content: SHA-1 of `blob <size>\0` and the content. */
  gitBlob: string;
  bytes: number;
}

/** Checksums of a whole file. */
export async function digestsOf(path: string, signal?: AbortSignal): Promise<Digests> {
  const bytes = statSync(path).size;
  const sha256 = createHash('sha256');
  const gitBlob = createHash('sha1').update(`blob ${bytes}\0`);
  for await (const piece of createReadStream(path, signal === undefined ? {} : { signal })) {
    sha256.update(piece as Buffer);
    gitBlob.update(piece as Buffer);
  }
  return { sha256: sha256.digest('hex'), gitBlob: gitBlob.digest('hex'), bytes };
}

/** The receipt of a cached file that is whole and unchanged, else null. */
export async function cachedReceipt(paths: CachePaths, file: HubFile): Promise<Receipt | null> {
  const receipt = readJson(paths.receipt, receiptSchema);
  if (receipt === null || sizeOf(paths.file) !== receipt.bytes) return null;
  if (file.sha256 !== undefined && file.sha256 !== receipt.sha256) return null;
  const { sha256 } = await digestsOf(paths.file);
  return sha256 === receipt.sha256 ? receipt : null;
}

/** The tag and the size of a partial download. */
export function partHere(paths: CachePaths): { etag: string; bytes: number } | null {
  const etag = readJson(paths.partState, partSchema)?.etag;
  const bytes = sizeOf(paths.part);
  return etag === undefined || bytes === 0 ? null : { etag, bytes };
}

export function dropPart(paths: CachePaths): void {
  rmSync(paths.part, { force: true });
  rmSync(paths.partState, { force: true });
}

/** Notes which content the part is of, before its first byte is written. */
export function beginPart(paths: CachePaths, etag: string | null): void {
  dropPart(paths);
  mkdirSync(dirname(paths.part), { recursive: true });
  // Without a tag nothing says that the rest would fit: such a part is never continued.
  if (etag !== null) writeFileSync(paths.partState, JSON.stringify({ etag }));
}

/** The part becomes the file. The receipt is there first: a file without one is not taken from the cache. */
export function acceptPart(paths: CachePaths, receipt: Receipt): void {
  const beside = `${paths.receipt}.${process.pid}.tmp`;
  writeFileSync(beside, `${JSON.stringify(receipt, null, 2)}\n`, { flush: true });
  renameSync(beside, paths.receipt);
  renameSync(paths.part, paths.file);
  rmSync(paths.partState, { force: true });
}
