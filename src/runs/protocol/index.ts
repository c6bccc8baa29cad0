/** The run directory: its schema and file names, safe reading and writing of files, who works on a run. */

export { isProcessor, processorText } from './device-text.js';
export { FileSign, isSettled, signOf } from './file-sign.js';
export {
  appendLines,
  appendWhole,
  atomicWrite,
  atomicWriteJson,
  endLastLine,
  errorCode,
  makeFolder,
  makeFolderWithin,
  openFilesHint,
  openToAppend,
  RunFileError,
  resourceHint,
  runFileError,
  writeOverJson,
} from './files.js';
export { identityOf, isSameProcess, ownIdentity, type ProcessIdentity, sightOf } from './identity.js';
export {
  isObject,
  JsonFile,
  type JsonObject,
  manifestFile,
  newerSchemaNotice,
  parseObject,
  parseObjectWithGaps,
  readManifest,
  readStatus,
  statusFile,
} from './json.js';
export { claimLock, displacedBy, giveLock, livingOwner, lockOwner, releaseLock, takeLock } from './lock.js';
export {
  checkpointDirectory,
  createRunId,
  defaultRunsDirectory,
  evaluationFile,
  isInside,
  parseStepName,
  rolloutsFile,
  runFiles,
  runIdOf,
} from './paths.js';
export { policyChecksum, weightsFiles } from './policy-checksum.js';
export { isProcessAlive, processStartTime } from './process.js';
export { namesIn, openQuickly, statQuickly } from './quick-files.js';
export { openRegularFile, openRegularFileSync, readRegularFileSync } from './regular-file.js';
export { runOfCheckpoint } from './run-of-checkpoint.js';
export type { RunState, ShownRunState } from './run-states.js';
export { readRunnableManifest } from './runnable-manifest.js';
export {
  type BenchmarkRecord,
  benchmarkSchema,
  type EvaluatedProblem,
  type EvaluationHeader,
  evaluatedProblemSchema,
  type GroupRecord,
  type ImportedFrom,
  type RolloutRecord,
  type RunManifest,
  type RunStatus,
  type StopRequest,
  type TrainerState,
  trainerStateSchema,
} from './schema.js';
export { type TorchPlace, torchPlaceSchema } from './torch-place.js';
export { isTrainerOf } from './trainer-process.js';
export { RUN_SCHEMA_VERSION } from './version.js';
