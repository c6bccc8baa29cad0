/** Problems with published answers as a task: responses are judged by equivalence of answers. */
import {
  type Asked,
  accepts,
  extractAnswer,
  groupEquivalent,
  JUDGE,
  judge,
  verifyAnswer,
} from '../answers/index.js';
import type { EvaluationTask, GradedResponse } from './evaluation.js';
import type { AnswerKind, BenchmarkProblem } from './types.js';

/**
 * Judges the responses to one problem.
 * @param asked what the policy read, which may have begun the thoughts of the response, and the choices it had
 */
export function gradeAnswers(
  gold: string,
  responses: readonly string[],
  kind: AnswerKind,
  asked: Asked = {},
): GradedResponse[] {
  const verdicts = responses.map((response) => judge(gold, response, kind, asked));
  const answers = verdicts.map(({ read }) => read?.text ?? null);
  const classes = groupEquivalent(answers, kind);
  return verdicts.map(({ accepted, reason, read, why }, index) => ({
    answer: answers[index]!,
    class: classes[index]!,
    correct: accepted,
    reason,
    ...(read && { read: { start: read.start, end: read.end, rule: read.rule } }),
    why,
  }));
}

/**
 * @param promptOf what the policy reads for a problem
 * @param places the file and row of each problem, for messages
 */
export function answersTask(
  name: string,
  kind: AnswerKind,
  problems: readonly BenchmarkProblem[],
  promptOf: (problem: BenchmarkProblem) => string,
  places?: readonly string[],
): EvaluationTask {
  const asked = problems.map((problem, index) => ({
    id: problem.id,
    prompt: promptOf(problem),
    statement: problem.problem,
    gold: problem.answer,
    ...(problem.choices && { choices: problem.choices }),
    ...(problem.fields && { fields: problem.fields }),
    where: places?.[index],
  }));
  return {
    name,
    problems: asked,
    compared: { judge: JUDGE, kind },
    async grade(index, responses) {
      const { gold, prompt, choices } = asked[index]!;
      return gradeAnswers(gold, responses, kind, { prompt, choices });
    },
    async dispose() {},
  };
}

/** Why no response can be judged against a gold answer, or null when the answer itself would be accepted. */
export function unusableGold(gold: string): string | null {
  if (extractAnswer(gold) === null && gold.trim() === '') return 'it is empty';
  const { reason } = verifyAnswer(gold, `\\boxed{${gold}}`);
  return accepts(reason) ? null : 'it is not even equal to itself';
}
