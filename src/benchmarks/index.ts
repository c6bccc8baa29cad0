/** Benchmarks: which there are, where their problems come from, and how a problem is asked. */
export {
  BENCHMARK_SIZE,
  type BenchmarkName,
  benchmarkIds,
  benchmarkNames,
  benchmarkPrompts,
} from '../tasks/countdown-benchmarks.js';
export { BenchmarkError } from './errors.js';
export type { FieldMapping } from './fields.js';
export type { DownloadOptions, DownloadProgress } from './hub.js';
export { defaultCacheDirectory } from './hub-cache.js';
export { benchmarkNameOf, type LoadOptions, loadBenchmark } from './load.js';
export {
  CHOICE_SYSTEM_PROMPT,
  type ChatMessage,
  choiceLetter,
  MATH_SYSTEM_PROMPT,
  plainPrompt,
  problemMessages,
} from './prompts.js';
export { findEntry, type HubEntry, type RegistryEntry, registry, registryEntry } from './registry.js';
export { type FileFormat, fileFormats } from './rows.js';
export type {
  AnswerKind,
  Benchmark,
  BenchmarkDefaults,
  BenchmarkProblem,
  BenchmarkReference,
  BenchmarkSource,
} from './types.js';
