/** From a benchmark's name or file to what the evaluation asks of this policy. */
import { type BenchmarkRequest, loadWatched, plainPrompt, problemMessages } from '../../benchmarks/index.js';
import type { LoadingHooks } from '../../hub/index.js';
import { answersTask, type BenchmarkProblem, countdownTask, type EvaluationTask } from '../../tasks/index.js';
import type { Tokenizer } from './model/index.js';

/**
 * Loads the problems and asks them as this policy is asked: by its chat template when it has one, else as plain text.
 * @throws BenchmarkError naming file, row, field and fix
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function loadEvaluationTask(
  request: BenchmarkRequest,
  tokenizer: Tokenizer,
  hooks: LoadingHooks,
): Promise<EvaluationTask> {
  const benchmark = await loadWatched(request, hooks);
  if (benchmark.kind === 'countdown') return countdownTask(benchmark.name, request.limit);
  const { name, answerKind, problems, places } = benchmark;
  const promptOf = (problem: BenchmarkProblem) => {
    const messages = problemMessages(problem, answerKind);
    return tokenizer.chat(messages) ?? plainPrompt(messages);
  };
  return answersTask(name, answerKind, problems, promptOf, places);
}
