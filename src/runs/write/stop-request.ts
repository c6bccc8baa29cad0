/** `control/stop`: the request that the trainer looks for. */
import { dirname, join } from 'node:path';
import { atomicWriteJson, makeFolder, runFiles, type StopRequest } from '../protocol/index.js';

/** @throws {RunFileError} */
export function requestStop(runDirectory: string, mode: StopRequest['mode']): void {
  const file = join(runDirectory, runFiles.stopRequest);
  makeFolder(dirname(file));
  atomicWriteJson(file, { mode });
}
