/** What an evaluation asks and how it judges, for any task; and the record of its problems. */
import type { JudgeIdentity, Reading } from '../answers/index.js';
import type { BenchmarkRecord, EvaluatedProblem } from '../runs/protocol/index.js';
import { verifyCountdown } from './countdown.js';
import { benchmarkPrompts, benchmarkSize } from './countdown-benchmarks.js';
import { majorityScore } from './majority.js';
import { passAtK, responseStatistics, type SampledResponse, scoreBenchmark } from './scoring.js';
import type { AnswerKind } from './types.js';

/** A problem as it is asked. */
export interface AskedProblem {
  /** Unique in its benchmark. */
  id: string;
  /** What the policy reads. */
  prompt: string;
  /** What people read. */
  statement: string;
  gold: string;
  choices?: readonly string[] | undefined;
  /** Of its row in that file, where rewards are to know them. */
  fields?: Readonly<Record<string, unknown>> | undefined;
  /** Its file and row, for messages. */
  where?: string | undefined;
}

export interface GradedResponse {
  /** What was extracted; null when nothing could be. */
  answer: string | null;
  /** Number of its class of equivalent answers among the graded responses; -1 without an answer. */
  class: number;
  correct: boolean;
  /** Why, as a short phrase for people. */
  reason: string;
  /** Where the answer stands in the response, where the judge says it. */
  read?: Pick<Reading, 'start' | 'end' | 'rule'> | undefined;
  /** Why, in a sentence. */
  why?: string | undefined;
}

/** The problems of a benchmark, and the judge of the responses to them. */
export interface EvaluationTask {
  name: string;
  problems: readonly AskedProblem[];
  /** Where answers are compared by what they mean: who does, and of what kind they are. */
  compared?: { judge: JudgeIdentity; kind: AnswerKind } | undefined;
  /** Judges all responses to problem `index` together: classes are numbered among them. */
  grade(index: number, responses: readonly string[]): Promise<GradedResponse[]>;
  dispose(): Promise<void>;
}

/** Gives equal texts the same number, in order of first appearance; null is -1. */
export function numberClasses(answers: readonly (string | null)[]): number[] {
  const classes = new Map<string, number>();
  return answers.map((answer) => {
    if (answer === null) return -1;
    const known = classes.get(answer) ?? classes.size;
    classes.set(answer, known);
    return known;
  });
}

/** A Countdown benchmark. @throws Error for an unknown name */
export function countdownTask(name: string, limit = benchmarkSize): EvaluationTask {
  const prompts = benchmarkPrompts(name, limit);
  return {
    name,
    problems: prompts.map(({ id, text, target }) => ({
      id,
      prompt: text,
      statement: text,
      gold: String(target),
    })),
    async grade(index, responses) {
      const verdicts = responses.map((response) => verifyCountdown(prompts[index]!, response));
      const answers = verdicts.map(({ answer }) => (answer === '' ? null : answer));
      const classes = numberClasses(answers);
      return verdicts.map(({ correct, reason }, row) => ({
        answer: answers[row]!,
        class: classes[row]!,
        correct,
        reason,
      }));
    },
    async dispose() {},
  };
}

const scored = ({ responses }: Pick<EvaluatedProblem, 'responses'>): SampledResponse[] =>
  responses.map(({ correct, class: number, tokens, finished }) => ({
    correct,
    answer: number < 0 ? '' : String(number),
    length: tokens,
    truncated: finished === null ? null : !finished,
  }));

/** A problem with its judged responses, as a line of an evaluation holds it: the counts come first. */
export function evaluatedProblem(
  {
    id,
    statement,
    gold,
    choices,
    thoughts,
  }: Omit<AskedProblem, 'prompt'> & { thoughts?: string | null | undefined },
  responses: EvaluatedProblem['responses'],
): EvaluatedProblem {
  return {
    id,
    n: responses.length,
    correct: responses.filter(({ correct }) => correct).length,
    answers: new Set(responses.map((response) => response.class).filter((number) => number >= 0)).size,
    majority: majorityScore(scored({ responses })),
    problem: statement,
    gold,
    ...(choices && { choices: [...choices] }),
    ...(thoughts && { thoughts }),
    responses,
  };
}

/** Of a problem, all that its benchmark's record needs: texts may be megabytes. */
export interface ProblemScores {
  responses: SampledResponse[];
  pairs: number;
  similaritySum: number;
  negativePairs: number;
  /** null where they were not recorded. */
  histogram: readonly number[] | null;
  logDeterminant: number | null;
  textSimilarity: number | null;
}

export function problemScores(problem: EvaluatedProblem): ProblemScores {
  const pairs = problem.pairs ?? 0;
  return {
    responses: scored(problem),
    pairs,
    similaritySum: (problem.similarity_mean ?? 0) * pairs,
    negativePairs: (problem.negative_pair_ratio ?? 0) * pairs,
    histogram: problem.similarity_histogram ?? null,
    logDeterminant: problem.logdet ?? null,
    textSimilarity: problem.text_similarity_mean ?? null,
  };
}

/** Scores at k look at this many responses, or at all there are when fewer. */
export const defaultK = 16;

/** More k that are worth a pass@k when there are enough responses: the paper reports 32 too. */
const furtherK = [32, 64, 128, 256];

type Scores = Pick<
  BenchmarkRecord,
  | 'problems'
  | 'samples'
  | 'k'
  | 'pass_at_1'
  | 'pass_at_1_se'
  | 'maj_at_k'
  | 'maj_at_k_se'
  | 'pass_at_k'
  | 'pass_at_k_se'
  | 'distinct_at_k'
  | 'pass_at'
  | 'similarity_mean'
  | 'negative_pair_ratio'
  | 'similarity_histogram'
  | 'logdet_mean'
  | 'text_similarity_mean'
  | 'mean_length'
  | 'max_length'
  | 'truncated'
  | 'unanswered'
>;

/** Everything of a record that follows from the problems. @throws RangeError when there is none */
export function evaluationScores(problems: readonly ProblemScores[], k: number): Scores {
  const samples = Math.min(...problems.map(({ responses }) => responses.length));
  const responses = problems.map((problem) => problem.responses);
  const scores = scoreBenchmark(responses, k);
  const statistics = responseStatistics(responses);
  const total = (of: (problem: ProblemScores) => number) => problems.reduce((sum, one) => sum + of(one), 0);
  const pairs = total((problem) => problem.pairs);
  const textSimilarity = meanOfAll(problems.map((problem) => problem.textSimilarity));
  const further = furtherK
    .filter((size) => size > k && size <= samples)
    .map((size) => [String(size), scoreAt(responses, size)] as const);
  return {
    problems: problems.length,
    samples,
    k,
    pass_at_1: scores.passAt1,
    pass_at_1_se: scores.passAt1StandardError,
    maj_at_k: scores.majAtK,
    maj_at_k_se: scores.majAtKStandardError,
    pass_at_k: scores.passAtK,
    pass_at_k_se: scores.passAtKStandardError,
    distinct_at_k: scores.distinctAtK,
    ...(further.length > 0 && { pass_at: Object.fromEntries(further) }),
    similarity_mean: pairs === 0 ? null : total((problem) => problem.similaritySum) / pairs,
    negative_pair_ratio: pairs === 0 ? null : total((problem) => problem.negativePairs) / pairs,
    ...distribution(problems),
    ...(textSimilarity !== null && { text_similarity_mean: textSimilarity }),
    mean_length: statistics.meanLength,
    max_length: statistics.maxLength,
    truncated: statistics.truncated,
    unanswered: statistics.withoutAnswer,
  };
}

/** Of the problems with pairs; null where one of them was recorded without. */
function distribution(
  problems: readonly ProblemScores[],
): Pick<Scores, 'similarity_histogram' | 'logdet_mean'> {
  const paired = problems.filter(({ pairs }) => pairs > 0);
  const histograms = paired.map(({ histogram }) => histogram).filter((histogram) => histogram !== null);
  const isComplete = paired.length > 0 && histograms.length === paired.length;
  return {
    similarity_histogram: isComplete
      ? histograms[0]!.map((_, bin) => histograms.reduce((sum, counts) => sum + counts[bin]!, 0))
      : null,
    logdet_mean: meanOfAll(paired.map(({ logDeterminant }) => logDeterminant)),
  };
}

/** null without values, and where one is missing: a mean of the others would be of other problems. */
const meanOfAll = (values: readonly (number | null)[]): number | null =>
  values.length > 0 && values.every((value) => value !== null)
    ? values.reduce((sum, value) => sum + value, 0) / values.length
    : null;

/** pass@k over all problems. */
function scoreAt(problems: readonly (readonly SampledResponse[])[], k: number): number {
  const scores = problems.map((responses) =>
    passAtK(responses.length, responses.filter(({ correct }) => correct).length, k),
  );
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
