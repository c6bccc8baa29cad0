/** The verifiable task Countdown: its prompts, verifier, answers, tokenizer, benchmarks and their scores. */
export {
  BENCHMARK_SIZE,
  type BenchmarkName,
  benchmarkNames,
  benchmarkPrompts,
} from './benchmarks/countdown.js';
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
export type { CountdownSettings, Prompt, PromptSource, Split, Verdict } from './types.js';
