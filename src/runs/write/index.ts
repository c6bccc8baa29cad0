/** The trainer's side of a run directory: everything that is appended or replaced during a run. */
export { EvaluationWriter } from './evaluation-writer.js';
export { initialStatus } from './initial-status.js';
export { recordDevice } from './record-device.js';
export { readStopRequest, requestStop } from './stop-request.js';
export { RunWriter, type StepRecords } from './writer.js';
