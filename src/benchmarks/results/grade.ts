/** From imported responses to problems and scores. */
import { JUDGE, openedThoughts } from '../../answers/index.js';
import type { BenchmarkRecord, EvaluatedProblem } from '../../runs/protocol/index.js';
import {
  type AnswerKind,
  type BenchmarkProblem,
  evaluatedProblem,
  evaluationScores,
  gradeAnswers,
  problemScores,
} from '../../tasks/index.js';
import { ResultsError } from './errors.js';
import type { HarnessScore } from './harness.js';
import type { ImportedProblem } from './types.js';

/** Choices are letters; everything else is mathematics. */
export const kindOfGolds = (golds: readonly string[]): AnswerKind =>
  golds.every((gold) => /^\(?[A-J]\)?$/.test(gold.trim())) ? 'choice' : 'math';

/**
 * Judges imported responses by the same verifier as our own.
 * @param known the benchmark's problems, for what the file does not say
 * @throws ResultsError naming the problem that lacks a gold answer
 */
export function gradeImported(
  imported: readonly ImportedProblem[],
  known: readonly BenchmarkProblem[],
  kind: AnswerKind | null,
): EvaluatedProblem[] {
  const byId = new Map(known.map((problem) => [problem.id, problem]));
  const complete = imported.map((problem) => {
    const own = byId.get(problem.id);
    const gold = problem.gold ?? own?.answer;
    if (gold === undefined) {
      throw new ResultsError(
        `problem "${problem.id}" has no right answer, and no problem of that id is in the benchmark`,
        'Specify the benchmark of the responses, or give each line an "answer".',
      );
    }
    return { ...problem, gold, statement: problem.statement ?? own?.problem ?? '', choices: own?.choices };
  });
  const ofAll = kind ?? kindOfGolds(complete.map(({ gold }) => gold));
  return complete.map(({ responses: texts, ...problem }) => {
    const grades = gradeAnswers(problem.gold, texts, ofAll, {
      prompt: problem.prompt ?? '',
      choices: problem.choices,
    });
    const responses = grades.map((grade, index) => ({
      text: texts[index]!,
      ...grade,
      tokens: null,
      finished: null,
    }));
    return evaluatedProblem({ ...problem, thoughts: openedThoughts(problem.prompt ?? '') }, responses);
  });
}

/** A problem whose responses are judged again, and how many verdicts are other ones. */
export function judgedAgain(
  problem: EvaluatedProblem,
  kind: AnswerKind,
): { problem: EvaluatedProblem; changed: number } {
  const { gold, choices, thoughts, responses: before } = problem;
  const grades = gradeAnswers(
    gold,
    before.map(({ text }) => text),
    kind,
    { prompt: thoughts ?? '', choices },
  );
  const responses = before.map(({ read: _, why: __, ...kept }, index) => ({ ...kept, ...grades[index]! }));
  const counted = evaluatedProblem({ ...problem, statement: problem.problem }, responses);
  return {
    problem: { ...problem, ...counted },
    changed: grades.filter(({ correct }, index) => correct !== before[index]!.correct).length,
  };
}

type Imported = Pick<BenchmarkRecord, 'step' | 'benchmark' | 'source'>;

/** A record of graded responses. Their temperature is not known: files do not reliably say. */
export function importedRecord(problems: readonly EvaluatedProblem[], about: Imported): BenchmarkRecord {
  const samples = Math.min(...problems.map(({ n }) => n));
  return {
    ...about,
    ...evaluationScores(problems.map(problemScores), Math.min(16, samples)),
    judge: JUDGE,
    temperature: null,
    seconds: null,
    time: Date.now() / 1000,
  };
}

/** A record of a score alone: with one response per problem, maj@1 and pass@1 are the same. */
export function scoreRecord(score: HarnessScore, about: Imported): BenchmarkRecord {
  return {
    ...about,
    problems: score.problems ?? 0,
    samples: 1,
    k: 1,
    temperature: null,
    pass_at_1: score.value,
    pass_at_1_se: score.standardError ?? 0,
    maj_at_k: score.value,
    pass_at_k: score.value,
    distinct_at_k: score.value,
    similarity_mean: null,
    negative_pair_ratio: null,
    mean_length: null,
    truncated: null,
    seconds: null,
    time: Date.now() / 1000,
  };
}
