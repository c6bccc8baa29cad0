/** Benchmarks: which there are, where their problems come from, what their files hold, and how a problem is asked. */
export { type DetectedFields, detectFields } from './detect.js';
export { benchmarkNameOf, loadBenchmark } from './load.js';
export { type BenchmarkRequest, loadWatched } from './load-watched.js';
export { plainPrompt, problemMessages } from './prompts.js';
export { registry } from './registry.js';
export type { Benchmark, BenchmarkReference } from './types.js';
