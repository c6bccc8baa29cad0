/** Creating, starting, resuming and stopping runs. */
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  requireTrainer,
  type StartOptions,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { type StopOptions, type StopOutcome, stopRun } from './stop.js';
export { lastingWorker, type OnWait, runProcess, statusOf } from './working-process.js';
