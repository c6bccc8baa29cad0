/** `control/stop`: the request that the trainer looks for. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atomicWriteJson, runFileError, runFiles, type StopRequest } from '../protocol/index.js';

/** @throws {RunFileError} */
export function requestStop(runDirectory: string, mode: StopRequest['mode']): void {
  const file = join(runDirectory, runFiles.stopRequest);
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw runFileError(error, 'written', file);
  }
  atomicWriteJson(file, { mode });
}
