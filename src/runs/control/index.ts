/** Creating, starting, resuming and stopping runs. */
export { batchScriptOf } from './batch-script.js';
export {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  resumeRun,
  startTrainer,
  trainerEnvironment,
} from './launch.js';
export { runProcess, type StopOptions, stopRun } from './stop.js';
