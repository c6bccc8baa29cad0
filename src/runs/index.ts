/** The run on disk: names, writing, tailing, watching, launching, stopping and listing of run directories. */
export { type BatchScript, batchScriptOf } from './control/batch-script.js';
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  LaunchError,
  resumeRun,
  type StartOptions,
  startTrainer,
  trainerEnvironment,
} from './control/launch.js';
export {
  requestStop,
  runProcess,
  StopError,
  type StopOptions,
  type StopOutcome,
  stopRun,
} from './control/stop.js';
export { RunModel } from './facts/model.js';
export { hasEnded, shownState } from './facts/state.js';
export { atomicWrite, atomicWriteJson, RunFileError } from './protocol/files.js';
export { readManifest, readStatus } from './protocol/json.js';
export * from './protocol/paths.js';
export { isProcessAlive, processStartTime } from './protocol/process.js';
export { RUN_SCHEMA_VERSION } from './protocol/version.js';
export { EvaluationIndex, type ProblemOverview } from './read/evaluation-index.js';
export type { Subscription } from './read/events.js';
export { findRun, listRuns, RunNotFoundError, updateManifest } from './read/list.js';
export { listCheckpoints, type RunDelta, type RunOverview, RunReader } from './read/reader.js';
export { JsonLinesTail, LineTail } from './read/tail.js';
export { RunWatcher } from './read/watch.js';
export { type RunsDelta, RunsWatcher, type UnreadableRun } from './read/watch-all.js';
export { EvaluationWriter } from './write/evaluation-writer.js';
export { initialStatus } from './write/initial-status.js';
export { RunWriter } from './write/writer.js';
