/** The run on disk: names, writing, tailing, watching, launching, stopping and listing of run directories. */
export { type BatchScript, batchScriptOf } from './batch-script.js';
export { EvaluationIndex, type ProblemOverview } from './evaluation-index.js';
export { EvaluationWriter } from './evaluation-writer.js';
export type { Subscription } from './events.js';
export { atomicWrite, atomicWriteJson, RunFileError } from './files.js';
export { initialStatus } from './initial-status.js';
export { readManifest, readStatus } from './json.js';
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  LaunchError,
  resumeRun,
  type StartOptions,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { findRun, listRuns, RunNotFoundError, updateManifest } from './list.js';
export { RunModel } from './model.js';
export * from './paths.js';
export { isProcessAlive, processStartTime } from './process.js';
export { listCheckpoints, type RunDelta, type RunOverview, RunReader } from './reader.js';
export { hasEnded, shownState } from './state.js';
export { requestStop, runProcess, StopError, type StopOptions, type StopOutcome, stopRun } from './stop.js';
export { JsonLinesTail, LineTail } from './tail.js';
export { RUN_SCHEMA_VERSION } from './version.js';
export { RunWatcher } from './watch.js';
export { type RunsDelta, RunsWatcher, type UnreadableRun } from './watch-all.js';
export { RunWriter } from './writer.js';
