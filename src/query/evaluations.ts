/** Questions about evaluations: scores, problems, and problems whose verdict changed. */
import { join } from 'node:path';
import { z } from 'zod';
import {
  excerptOf,
  headlineScores,
  isSolved,
  type ProblemOverview,
  searchPattern,
} from '../runs/facts/index.js';
import { type BenchmarkRecord, type EvaluatedProblem, evaluationFile } from '../runs/protocol/index.js';
import { EvaluationIndex, type RunReader } from '../runs/read/index.js';
import { damagedLines, openRun } from './open.js';
import {
  clip,
  cut,
  damagedAnswer,
  define,
  figure,
  figureOrNull,
  leftOut,
  limitArgument,
  placeAnswer,
  type QueryContext,
  QueryError,
  runArgument,
  stepArgument,
  unknownName,
} from './query.js';
import { textArgument } from './responses.js';

const benchmarkArgument = z
  .string()
  .optional()
  .describe('Name of the benchmark; the one that the experiment names first is taken without it');

export const evaluations = define('evaluations', {
  about: 'Scores of a run on its benchmarks, by step',
  arguments: { run: runArgument, benchmark: benchmarkArgument, limit: limitArgument(40, 400) },
  answer: {
    run: z.string(),
    benchmarks: z.array(z.string()).describe('All that the run was scored on'),
    scores: z.array(
      z.object({
        benchmark: z.string(),
        step: z.int(),
        problems: z.number().nullable(),
        k: z.number().nullable(),
        pass_at_1: z.number().nullable(),
        pass_at_1_se: z.number().nullable(),
        maj_at_k: z.number().nullable(),
        pass_at_k: z.number().nullable(),
        distinct_at_k: z.number().nullable(),
        similarity_mean: z.number().nullable(),
        truncated: z.number().nullable(),
        source: z.string().optional(),
        responses: z.string().nullable().describe('File of the responses in the folder of the run'),
      }),
    ),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, benchmark, limit }) {
    const run = await openRun(context, query);
    const names = [...new Set(run.benchmarks.map((record) => record.benchmark))];
    if (benchmark !== undefined && !names.includes(benchmark))
      throw unknownName('benchmark', benchmark, names);
    const records = run.benchmarks.filter(
      (record) => benchmark === undefined || record.benchmark === benchmark,
    );
    const { items, ...rest } = cut([...records].reverse(), limit, 'a larger limit, or one benchmark');
    return {
      run: run.summary.id,
      benchmarks: names,
      scores: items.reverse().map((record) => ({
        benchmark: record.benchmark,
        step: record.step,
        problems: figureOrNull(record.problems),
        k: figureOrNull(record.k),
        pass_at_1: figureOrNull(record.pass_at_1),
        pass_at_1_se: figureOrNull(record.pass_at_1_se),
        maj_at_k: figureOrNull(record.maj_at_k),
        pass_at_k: figureOrNull(record.pass_at_k),
        distinct_at_k: figureOrNull(record.distinct_at_k),
        similarity_mean: figureOrNull(record.similarity_mean),
        truncated: figureOrNull(record.truncated),
        ...(record.source !== undefined && { source: String(record.source) }),
        responses: record.samples_file ?? null,
      })),
      ...damagedLines(run.summary.skippedLines),
      ...rest,
    };
  },
});

/** An evaluation whose responses were kept. */
interface Evaluation {
  step: number;
  benchmark: string;
  index: EvaluationIndex;
  /** In the folder of the run. */
  file: string;
}

/** Of the wanted benchmark, by step; without one of the benchmark that decides. @throws {QueryError} */
function recordsOf(
  run: RunReader,
  benchmark: string | undefined,
): readonly [BenchmarkRecord, ...BenchmarkRecord[]] {
  const names = [...new Set(run.benchmarks.map((record) => record.benchmark))];
  const name = benchmark ?? headlineScores(run)?.benchmark;
  const [first, ...others] = run.benchmarks.filter((record) => record.benchmark === name);
  if (first) return [first, ...others];
  if (benchmark !== undefined && names.length > 0) throw unknownName('benchmark', benchmark, names);
  throw new QueryError(
    `${run.summary.id} has not been scored${benchmark === undefined ? '' : ` on ${benchmark}`}.`,
    run.summary.checkpoints.length > 0
      ? `Evaluate one of its checkpoints, as in: g2rl evaluate ${run.summary.checkpoints.at(-1)?.path}`
      : `Results of another program of evaluation are added by "g2rl import-results FILE --run ${run.summary.id} --step STEP".`,
  );
}

/** @param step null for the newest with responses @throws {QueryError | RunFileError} */
async function evaluationOf(
  run: RunReader,
  benchmark: string | undefined,
  step: number | null,
): Promise<Evaluation> {
  const records = recordsOf(run, benchmark);
  const [{ benchmark: name }] = records;
  const steps = records.map((record) => record.step);
  if (step !== null && !steps.includes(step))
    throw new QueryError(
      `${run.summary.id} has no score of ${name} at step ${step}.`,
      `It has those of steps ${steps.slice(0, 40).join(', ')}.`,
    );
  for (const at of step === null ? [...steps].reverse() : [step]) {
    const file = evaluationFile(at, name);
    const index = new EvaluationIndex(join(run.directory, file));
    await index.read();
    if (index.problems().length > 0) return { step: at, benchmark: name, index, file };
  }
  throw new QueryError(
    `The responses of ${name}${step === null ? '' : ` at step ${step}`} are not in ${run.summary.id}.`,
    isImported(records, step)
      ? 'They are kept when results are imported together with their responses, as "lm_eval --log_samples" writes them.'
      : 'Evaluate the checkpoint of that step again to get them.',
  );
}

/** Whether the scores are those of another program. */
const isImported = (records: readonly BenchmarkRecord[], step: number | null) =>
  (records.findLast((record) => step === null || record.step === step)?.source ?? null) !== null;

const damagedOf = ({ index, file }: Evaluation) => ({ [file]: index.skippedLines });

/** Ids of the problems that hold a text; null when time ran out. */
async function holding(
  { patience }: QueryContext,
  { index }: Evaluation,
  text: string,
): Promise<{ ids: Set<string>; complete: boolean }> {
  const ids = new Set<string>();
  const end = performance.now() + patience;
  let next: number | null = 0;
  while (next !== null && performance.now() < end) {
    const part = await index.find(text, next);
    for (const id of part.ids) ids.add(id);
    next = part.next;
  }
  return { ids, complete: next === null };
}

const share = ({ correct, n }: ProblemOverview) => (n === 0 ? 0 : correct / n);

export const problems = define('problems', {
  about: 'Problems of an evaluation, those with the fewest right responses first, or those that hold a text',
  arguments: {
    run: runArgument,
    benchmark: benchmarkArgument,
    step: stepArgument.optional().describe('Of the evaluation; the newest without it'),
    text: textArgument.optional().describe('In what is asked, the answer, or a response'),
    show: z
      .enum(['all', 'solved', 'unsolved', 'never'])
      .default('all')
      .describe('solved: the most frequent answer is right; never: no response is right'),
    limit: limitArgument(20, 200),
  },
  answer: {
    run: z.string(),
    directory: z.string(),
    benchmark: z.string(),
    step: z.int(),
    matching: z.int(),
    of: z.int(),
    solved: z.int(),
    problems: z.array(
      z.object({
        id: z.string(),
        responses: z.int(),
        correct: z.int(),
        distinct_answers: z.int(),
        solved: z.boolean(),
        excerpt: z.string().optional(),
        at: placeAnswer,
      }),
    ),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, benchmark, step = null, text, show, limit }) {
    const run = await openRun(context, query);
    const evaluation = await evaluationOf(run, benchmark, step);
    const all = evaluation.index.problems();
    const found = text === undefined ? null : await holding(context, evaluation, text);
    const wanted = {
      all: () => true,
      solved: isSolved,
      unsolved: (problem: ProblemOverview) => !isSolved(problem),
      never: ({ correct }: ProblemOverview) => correct === 0,
    }[show];
    const matching = all.filter((problem) => wanted(problem) && (found?.ids.has(problem.id) ?? true));
    matching.sort((a, b) => share(a) - share(b));
    const { items, ...rest } = cut(matching, limit, 'a larger limit, or a text');
    const pattern = text === undefined ? null : searchPattern(text);
    const shown = [];
    for (const { id, n, correct, answers, majority } of items) {
      const excerpt = pattern && excerptIn(await evaluation.index.problem(id), pattern);
      shown.push({
        id,
        responses: n,
        correct,
        distinct_answers: answers,
        solved: isSolved({ majority }),
        ...(excerpt && { excerpt: clip(excerpt, 400) }),
        at: `${evaluation.file}:${evaluation.index.lineOf(id) ?? 0}`,
      });
    }
    return {
      run: run.summary.id,
      directory: run.directory,
      benchmark: evaluation.benchmark,
      step: evaluation.step,
      matching: matching.length,
      of: all.length,
      solved: all.filter(isSolved).length,
      problems: shown,
      ...damagedLines(damagedOf(evaluation)),
      ...rest,
      ...(found?.complete === false && { more: 'not every problem was searched: time ran out' }),
    };
  },
});

function excerptIn(problem: EvaluatedProblem | null, pattern: RegExp): string | null {
  if (!problem) return null;
  const texts = [...problem.responses.map(({ text }) => text), problem.problem, problem.gold];
  for (const text of texts) {
    const excerpt = typeof text === 'string' ? excerptOf(text, pattern) : null;
    if (excerpt !== null) return excerpt;
  }
  return null;
}

export const problem = define('problem', {
  about: 'One problem of an evaluation with its responses',
  arguments: {
    run: runArgument,
    id: z.string().describe('Id of the problem'),
    benchmark: benchmarkArgument,
    step: stepArgument.optional().describe('Of the evaluation; the newest without it'),
    text_length: z.int().min(0).max(4000).default(600).describe('Characters of a response to give'),
    limit: limitArgument(8, 64),
  },
  answer: {
    run: z.string(),
    benchmark: z.string(),
    step: z.int(),
    id: z.string(),
    problem: z.string(),
    gold: z.string(),
    at: placeAnswer,
    responses: z.array(
      z.object({ correct: z.boolean(), answer: z.string().nullable(), reason: z.string(), text: z.string() }),
    ),
    ...leftOut,
  },
  async ask(context, { run: query, id, benchmark, step = null, text_length: length, limit }) {
    const run = await openRun(context, query);
    const evaluation = await evaluationOf(run, benchmark, step);
    const found = await evaluation.index.problem(id);
    if (!found)
      throw unknownName(
        'problem',
        id,
        evaluation.index.problems().map((one) => one.id),
      );
    const { items, ...rest } = cut(found.responses, limit, 'a larger limit');
    return {
      run: run.summary.id,
      benchmark: evaluation.benchmark,
      step: evaluation.step,
      id,
      problem: clip(found.problem, 2000),
      gold: clip(String(found.gold), 400),
      at: `${evaluation.file}:${evaluation.index.lineOf(id) ?? 0}`,
      responses: items.map(({ correct, answer, reason, why, text }) => ({
        correct: correct === true,
        answer: typeof answer === 'string' ? clip(answer, 200) : null,
        reason: clip(String(why ?? reason ?? ''), 300),
        text: clip(String(text ?? ''), length),
      })),
      ...rest,
    };
  },
});

function otherSteps(records: readonly BenchmarkRecord[]): string {
  const steps = [...new Set(records.map((record) => record.step))];
  return steps.length < 2
    ? 'It has no other: compare it with another run, in "against".'
    : `Scores are there of steps ${steps.slice(0, 40).join(', ')}: name two of them in from and to.`;
}

export const flips = define('flips', {
  about: 'Problems whose verdict changed between two evaluations of a run, or between two runs',
  arguments: {
    run: runArgument,
    against: runArgument.optional().describe('Another run to compare with; its evaluation is the second one'),
    benchmark: benchmarkArgument,
    from: stepArgument.optional().describe('Step of the first evaluation; the oldest without it'),
    to: stepArgument.optional().describe('Step of the second evaluation; the newest without it'),
    limit: limitArgument(20, 200),
  },
  answer: {
    benchmark: z.string(),
    first: z.object({ run: z.string(), step: z.int() }),
    second: z.object({ run: z.string(), step: z.int() }),
    common: z.int().describe('Problems in both'),
    gained: z.int().describe('Solved in the second only'),
    lost: z.int().describe('Solved in the first only'),
    flips: z.array(
      z.object({
        id: z.string(),
        change: z.enum(['gained', 'lost']),
        correct: z.tuple([z.number(), z.number()]).describe('Share of right responses in each'),
        at: placeAnswer.describe('In the second evaluation'),
      }),
    ),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, against, benchmark, from, to = null, limit }) {
    const run = await openRun(context, query);
    const other = against === undefined ? run : await openRun(context, against);
    const oldest = against === undefined ? (recordsOf(run, benchmark)[0].step as number) : null;
    const first = await evaluationOf(run, benchmark, from ?? oldest);
    const second = await evaluationOf(other, first.benchmark, to);
    if (other === run && first.step === second.step)
      throw new QueryError(
        `Both evaluations of ${first.benchmark} are those of step ${first.step}.`,
        otherSteps(recordsOf(run, benchmark)),
      );
    const before = new Map(first.index.problems().map((one) => [one.id, one]));
    const pairs = second.index.problems().flatMap((after) => {
      const one = before.get(after.id);
      return one ? [{ before: one, after }] : [];
    });
    const flipped = pairs.filter(({ before, after }) => isSolved(before) !== isSolved(after));
    const change = (pair: (typeof pairs)[number]) => share(pair.after) - share(pair.before);
    flipped.sort((a, b) => Math.abs(change(b)) - Math.abs(change(a)));
    const gained = flipped.filter(({ after }) => isSolved(after)).length;
    const { items, ...rest } = cut(flipped, limit, 'a larger limit');
    return {
      benchmark: first.benchmark,
      first: { run: run.summary.id, step: first.step },
      second: { run: other.summary.id, step: second.step },
      common: pairs.length,
      gained,
      lost: flipped.length - gained,
      flips: items.map(({ before, after }) => ({
        id: after.id,
        change: isSolved(after) ? ('gained' as const) : ('lost' as const),
        correct: [figure(share(before)), figure(share(after))] as [number, number],
        at: `${second.file}:${second.index.lineOf(after.id) ?? 0}`,
      })),
      ...damagedLines(damagedOf(first), damagedOf(second)),
      ...rest,
    };
  },
});
