/** Verifiable tasks: Countdown, problems with answers, and the scores of what was answered. */
export { answersTask, gradeAnswers, unusableGold } from './answers-task.js';
export { benchmarkPrompts, benchmarkSize } from './countdown-benchmarks.js';
export {
  countdownTokenizer,
  countdownVocabularySize,
  eosTokenId,
  padTokenId,
} from './countdown-tokenizer.js';
export { demonstrations } from './demonstrations.js';
export {
  countdownTask,
  defaultK,
  type EvaluationTask,
  evaluatedProblem,
  evaluationScores,
  type ProblemScores,
  problemScores,
} from './evaluation.js';
export { promptsFromFile, trainingPrompts } from './prompts.js';
export { passAtK } from './scoring.js';
export { countdownTraining, problemTraining } from './training.js';
export type { AnswerKind, BenchmarkProblem, Prompt, TaskPrompt, TrainingTask, Verdict } from './types.js';
