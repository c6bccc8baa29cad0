/** The run on disk: names, writing, tailing, watching, launching, stopping and listing of run directories. */
export { atomicWrite, atomicWriteJson, RunFileError } from './files.js';
export * from './paths.js';
export { isProcessAlive, processStartTime } from './process.js';
export { RUN_SCHEMA_VERSION } from './version.js';
export { RunWriter } from './writer.js';
