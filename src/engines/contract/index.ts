/** What the trainer and its engines agree on: requests, and what is reported while they are worked on. */
export { type EvaluationRequest, evaluationRequestSchema } from './evaluation-request.js';
export type { PretrainResult, Progress } from './progress.js';
