/** Creating, starting, resuming and stopping runs. */
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  requireTrainer,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { type StopOptions, type StopOutcome, stopRun } from './stop.js';
export { runProcess } from './working-process.js';
