/** Creating, starting, resuming and stopping runs. */
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  requireTrainer,
  resumeRun,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { runProcess, type StopOptions, type StopOutcome, stopRun } from './stop.js';
