/** From a benchmark's name or file to what the evaluation asks of this policy. */

import { InputError } from '../../errors.js';
import {
  answersTask,
  type Benchmark,
  BenchmarkError,
  type BenchmarkReference,
  countdownTask,
  type DownloadProgress,
  defaultCacheDirectory,
  type EvaluationTask,
  loadBenchmark,
  plainPrompt,
  problemMessages,
  unusableGold,
} from '../../tasks/index.js';
import type { Tokenizer } from './model/index.js';

/** Which problems, and how their file is read. */
export type TaskRequest = BenchmarkReference & { name: string; limit?: number | undefined; seed: number };

/** Someone asked to stop while problems were loaded. */
export class LoadingStopped extends Error {
  override readonly name = 'LoadingStopped';
}

/** How a wait for a download is told of, and ended. */
export interface LoadingHooks {
  log(line: string): void;
  stopRequested(): boolean;
}

const stopPollMilliseconds = 200;

/**
 * Loads the problems and asks them as this policy is asked: by its chat template when it has one, else as plain text.
 * @throws InputError naming file, row, field and fix
 * @throws LoadingStopped; what has arrived of a download is kept
 */
export async function loadEvaluationTask(
  request: TaskRequest,
  tokenizer: Tokenizer,
  hooks: LoadingHooks,
): Promise<EvaluationTask> {
  const benchmark = await loadBenchmarkFor(request, hooks);
  if (benchmark.kind === 'countdown') return countdownTask(benchmark.name, request.limit);
  return answersTask(benchmark.name, benchmark.answerKind, benchmark.problems, (problem) => {
    const messages = problemMessages(problem, benchmark.answerKind);
    return tokenizer.chat(messages) ?? plainPrompt(messages);
  });
}

/**
 * Loads the problems, downloading them on first use. What is worth knowing about them goes to the log.
 * @throws as `loadEvaluationTask` does
 */
export async function loadBenchmarkFor(request: TaskRequest, hooks: LoadingHooks): Promise<Benchmark> {
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
    if (controller.signal.aborted) throw new LoadingStopped();
    if (error instanceof BenchmarkError) throw new InputError(`${error.message}.`, error.hint);
    throw error;
  } finally {
    clearInterval(poll);
  }
}

/** Tells a log of a download when something about it changes, not of every chunk. */
function downloadLog(log: (line: string) => void): (progress: DownloadProgress) => void {
  let told = '';
  return ({ title, note, receivedBytes, totalBytes }) => {
    const share = totalBytes ? `, ${Math.floor((10 * receivedBytes) / totalBytes) * 10} %` : '';
    const line = `downloading ${title}${note === null ? share : `: ${note}`}`;
    if (line !== told) log(line);
    told = line;
  };
}
