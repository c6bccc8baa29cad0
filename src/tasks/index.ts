/** Verifiable tasks: prompts, verifiers, answers, benchmarks and their scores. */

export * from '../benchmarks/index.js';
export { answersTask, gradeAnswers, unusableGold } from './answers-task.js';
export { canonicalAnswer } from './canonical.js';
export { countdownPrompt, promptText, verifyCountdown } from './countdown.js';
export {
  COUNTDOWN_VOCABULARY_SIZE,
  countdownTokenizer,
  EOS_TOKEN_ID,
  PAD_TOKEN_ID,
  type TokenizerFiles,
} from './countdown-tokenizer.js';
export {
  type Demonstration,
  type DemonstrationOptions,
  type Demonstrations,
  demonstrations,
} from './demonstrations.js';
export {
  type AskedProblem,
  countdownTask,
  DEFAULT_K,
  type EvaluationTask,
  evaluationScores,
  type GradedResponse,
  numberClasses,
  type ProblemScores,
  problemCounts,
  problemScores,
} from './evaluation.js';
export { majAtK, majorityScore } from './majority.js';
export { type FilePromptSource, promptsFromFile, trainingPrompts } from './prompts.js';
export { CounterRandom, fillUniform, streamOf, uniform } from './random.js';
export { type ItemsForStep, inRounds } from './rounds.js';
export {
  type BenchmarkScores,
  distinctAtK,
  passAtK,
  type ResponseStatistics,
  responseStatistics,
  type SampledResponse,
  type ScoredResponse,
  scoreBenchmark,
} from './scoring.js';
export { splitOf } from './split.js';
export { countdownTraining, problemTraining } from './training.js';
export type {
  CountdownSettings,
  Prompt,
  PromptSource,
  Split,
  TaskPrompt,
  TrainingTask,
  Verdict,
} from './types.js';
