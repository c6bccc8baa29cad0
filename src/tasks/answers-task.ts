/** Problems with published answers as a task: responses are judged by equivalence of answers. */
import type { AnswerKind, BenchmarkProblem } from './benchmarks/index.js';
import type { EvaluationTask } from './evaluation.js';

export function answersTask(
  name: string,
  kind: AnswerKind,
  problems: readonly BenchmarkProblem[],
  promptOf: (problem: BenchmarkProblem) => string,
): EvaluationTask {
  throw new Error(`${name} ${kind} ${problems.length} ${promptOf.length}`);
}
