/** Loading a benchmark in a process that can be asked to stop. */
import { type LoadingHooks, whileWatched } from '../hub/index.js';
import { unusableGold } from '../tasks/index.js';
import { loadBenchmark } from './load.js';
import type { Benchmark, BenchmarkReference } from './types.js';

/** Which problems, and how their file is read. */
export type BenchmarkRequest = BenchmarkReference & {
  name: string;
  limit?: number | undefined;
  /** Whether problems keep all fields of their rows. */
  fields?: boolean | undefined;
  seed: number;
};

/**
 * Loads the problems, downloading them on first use. What is worth knowing about them goes to the log.
 * @throws BenchmarkError naming file, row, field and fix
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function loadWatched(request: BenchmarkRequest, hooks: LoadingHooks): Promise<Benchmark> {
  const benchmark = await whileWatched(hooks, (options) =>
    loadBenchmark(request, {
      ...options,
      seed: request.seed,
      ...(request.limit !== undefined && { limit: request.limit }),
      fields: request.fields ?? false,
      checkAnswer: unusableGold,
    }),
  );
  for (const warning of benchmark.warnings) hooks.log(warning);
  return benchmark;
}
