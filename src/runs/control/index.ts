/** Creating, starting, resuming and stopping runs. */
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  requireTrainer,
  resumeRun,
  type StartOptions,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { runProcess, type StopOptions, type StopOutcome, stopRun } from './stop.js';
