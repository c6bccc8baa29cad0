/** The embedded trainer: Qwen3 policies trained and sampled on ONNX Runtime, in a process of its own. */
export { type EvaluationSettings, evaluatePolicy, evaluationHeader } from './evaluate.js';
export { FeatureProgram } from './features.js';
export { GradientAccumulator, type Objective } from './gradient.js';
export { LogProbabilities } from './log-probabilities.js';
export * from './model/index.js';
export { AdamW, type OptimizerSettings } from './optimizer.js';
export { PolicyTrainer } from './policy-trainer.js';
export { Program, type RuntimeOptions } from './program.js';
export { type Rollout, type SampledResponse, Sampler } from './rollout.js';
export { chunkSequences, type Sequence, scatterToGrid } from './sequences.js';
export { trainSupervised } from './supervised.js';
