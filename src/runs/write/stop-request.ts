/** `control/stop`: the request that the trainer looks for. */
import { dirname, join } from 'node:path';
import {
  atomicWriteJson,
  errorCode,
  makeFolder,
  readRegularFileSync,
  runFileError,
  runFiles,
  type StopRequest,
} from '../protocol/index.js';

/** @throws {RunFileError} */
export function requestStop(runDirectory: string, mode: StopRequest['mode']): void {
  const file = join(runDirectory, runFiles.stopRequest);
  makeFolder(dirname(file));
  atomicWriteJson(file, { mode });
}

/**
 * What someone asked for, or null. A request that cannot be parsed (`touch control/stop`) is a gentle one.
 * @throws {RunFileError}
 */
export function readStopRequest(runDirectory: string): StopRequest | null {
  const file = join(runDirectory, runFiles.stopRequest);
  let text: string;
  try {
    text = readRegularFileSync(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw runFileError(error, 'read', file);
  }
  return { mode: /"mode"\s*:\s*"now"/.test(text) ? 'now' : 'checkpoint' };
}
