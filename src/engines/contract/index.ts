/** What the trainer and its engines agree on: requests, and what is reported while they run. */
export {
  type ChosenDevice,
  type Device,
  type DeviceBuffer,
  type DeviceFindings,
  type DeviceHooks,
  type DeviceNeeds,
  type DeviceTestRequest,
  deviceFindingsSchema,
  deviceTestRequestSchema,
  processor,
} from './device-test.js';
export type {
  Engine,
  EvaluationHooks,
  MergeResult,
  PretrainHooks,
  PretrainingEngine,
  PretrainResult,
  Progress,
  RunHooks,
  RunToTrain,
} from './engine.js';
export {
  type EvaluationRequest,
  evaluationRequestSchema,
  type MergeRequest,
  mergeRequestSchema,
  type PretrainRequest,
  parseRequest,
  pretrainRequestSchema,
  runRequestSchema,
} from './requests.js';
