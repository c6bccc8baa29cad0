/** What the trainer and its engines agree on: requests, and what is reported while they run. */
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
