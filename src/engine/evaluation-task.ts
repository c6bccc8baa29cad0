/** From a benchmark's name or file to what the evaluation asks of this policy. */
import {
  answersTask,
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
} from '../tasks/index.js';
import { InputError } from './errors.js';
import type { Tokenizer } from './model/index.js';

/** Which problems, and how their file is read. */
export type TaskRequest = BenchmarkReference & { name: string; limit?: number | undefined; seed: number };

/**
 * Loads the problems, downloading them on first use, and asks them as this policy is asked: by its chat template when
 * it has one, else as plain text.
 * @throws InputError naming file, row, field and fix
 */
export async function loadEvaluationTask(
  request: TaskRequest,
  tokenizer: Tokenizer,
  onDownload: (progress: DownloadProgress) => void,
): Promise<{ task: EvaluationTask; warnings: readonly string[] }> {
  try {
    const benchmark = await loadBenchmark(request, {
      cacheDirectory: defaultCacheDirectory(),
      seed: request.seed,
      ...(request.limit !== undefined && { limit: request.limit }),
      onProgress: onDownload,
      checkAnswer: unusableGold,
    });
    const { name, warnings } = benchmark;
    if (benchmark.kind === 'countdown') return { task: countdownTask(name, request.limit), warnings };
    const task = answersTask(name, benchmark.answerKind, benchmark.problems, (problem) => {
      const messages = problemMessages(problem, benchmark.answerKind);
      return tokenizer.chat(messages) ?? plainPrompt(messages);
    });
    return { task, warnings };
  } catch (error) {
    if (error instanceof BenchmarkError) throw new InputError(`${error.message}.`, error.hint);
    throw error;
  }
}

/** Tells a log of a download when something about it changes, not of every chunk. */
export function downloadLog(log: (line: string) => void): (progress: DownloadProgress) => void {
  let told = '';
  return ({ title, note }) => {
    const line = note === null ? `downloading ${title}` : `downloading ${title}: ${note}`;
    if (line !== told) log(line);
    told = line;
  };
}
