/** A hub on this machine and an empty cache for each test. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach } from 'vitest';
import type { DownloadOptions, DownloadProgress } from '../../src/hub/download.js';
import { HubError } from '../../src/hub/hub-error.js';
import { scratch } from '../scratch.js';
import { HubServer } from './hub-server.js';

/** Bytes that do not compress or repeat, the same in every run. */
export function bytes(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(String(i)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

export const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** The file that most tests download. */
export const sample = { repository: 'people/numbers', revision: 'main', path: 'data/test.bin' };

export interface HubFixture {
  hub: HubServer;
  cacheDirectory: string;
  /** Options with waits that a test can sit through. */
  options(more?: Partial<DownloadOptions>): DownloadOptions;
}

/** Tells when a download has so many bytes; give its `onProgress` to the download. */
export class Arrival {
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  readonly onProgress = ({ receivedBytes }: DownloadProgress): void => {
    for (const { bytes, resolve } of this.#waiting) if (receivedBytes >= bytes) resolve();
  };

  of(bytes: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ bytes, resolve }));
  }
}

/** Call it once in a test file. */
export function useHub(): HubFixture {
  const fixture = {
    options: (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
      cacheDirectory: fixture.cacheDirectory,
      environment: { HF_ENDPOINT: `${fixture.hub.endpoint}/` },
      retry: { firstWait: 0.01 },
      ...more,
    }),
  } as HubFixture;
  beforeEach(async () => {
    fixture.hub = await HubServer.start();
    fixture.cacheDirectory = scratch('hub');
  });
  afterEach(() => fixture.hub.stop());
  return fixture;
}

export async function failureOf(promise: Promise<unknown>): Promise<HubError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof HubError) return error;
  throw new Error(`expected a HubError, got ${String(error)}`);
}

export const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
