/** Loading a benchmark in a process that can be asked to stop: progress goes to a log, a stop ends the wait. */
import { unusableGold } from '../tasks/index.js';
import type { DownloadProgress } from './hub.js';
import { defaultCacheDirectory } from './hub-cache.js';
import { loadBenchmark } from './load.js';
import type { Benchmark, BenchmarkReference } from './types.js';

/** Which problems, and how their file is read. */
export type BenchmarkRequest = BenchmarkReference & {
  name: string;
  limit?: number | undefined;
  seed: number;
};

/** Someone asked to stop while problems were loaded. */
export class LoadingStopped extends Error {
  override readonly name = 'LoadingStopped';
}

/** How a wait for a download is reported, and ended. */
export interface LoadingHooks {
  log(line: string): void;
  stopRequested(): boolean;
}

const stopPollMilliseconds = 200;

/**
 * Loads the problems, downloading them on first use. What is worth knowing about them goes to the log.
 * @throws BenchmarkError naming file, row, field and fix
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function loadWatched(request: BenchmarkRequest, hooks: LoadingHooks): Promise<Benchmark> {
  const controller = new AbortController();
  const poll = setInterval(() => {
    if (hooks.stopRequested()) controller.abort(new LoadingStopped());
  }, stopPollMilliseconds);
  try {
    const benchmark = await loadBenchmark(request, {
      cacheDirectory: defaultCacheDirectory(),
      seed: request.seed,
      ...(request.limit !== undefined && { limit: request.limit }),
      signal: controller.signal,
      onProgress: downloadLog(hooks.log),
      checkAnswer: unusableGold,
    });
    for (const warning of benchmark.warnings) hooks.log(warning);
    return benchmark;
  } catch (error) {
    throw controller.signal.aborted ? new LoadingStopped() : error;
  } finally {
    clearInterval(poll);
  }
}

/** Logs a download when something about it changes, not every chunk. */
function downloadLog(log: (line: string) => void): (progress: DownloadProgress) => void {
  let told = '';
  return ({ title, note, receivedBytes, totalBytes }) => {
    const share = totalBytes ? `, ${Math.floor((10 * receivedBytes) / totalBytes) * 10} %` : '';
    const line = `downloading ${title}${note === null ? share : `: ${note}`}`;
    if (line !== told) log(line);
    told = line;
  };
}
