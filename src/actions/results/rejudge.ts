/** Judging the kept responses of evaluations again, for scores that an older judge gave. */
import { constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { JUDGE } from '../../answers/index.js';
import { judgedAgain, kindOfGolds } from '../../benchmarks/results/index.js';
import { InputError, KnownError } from '../../errors.js';
import {
  appendLines,
  type BenchmarkRecord,
  type EvaluatedProblem,
  type EvaluationHeader,
  evaluatedProblemSchema,
  evaluationFile,
  runFileError,
  runFiles,
} from '../../runs/protocol/index.js';
import { EvaluationIndex, RunReader } from '../../runs/read/index.js';
import { RunWriter } from '../../runs/write/index.js';
import {
  type AnswerKind,
  defaultK,
  evaluationScores,
  type ProblemScores,
  problemScores,
} from '../../tasks/index.js';

export interface RejudgeOptions {
  /** Only says what would change. */
  dryRun: boolean;
  /** Only this step or benchmark. */
  step?: number | undefined;
  benchmark?: string | undefined;
  /** Also scores of other judges than this one's older versions. */
  otherJudges?: boolean | undefined;
  /** Called between problems, with those of all that are done; false gives up, and what is not done stays as it was. */
  onProgress?: (done: number, total: number) => boolean;
}

type Scores = ReturnType<typeof evaluationScores>;

/** What judging again does to one score. */
export interface RejudgedScore {
  step: number;
  benchmark: string;
  responses: number;
  /** Verdicts that are other ones. */
  changed: number;
  /** Null where the file of the responses stands alone. */
  before: BenchmarkRecord | null;
  after: BenchmarkRecord | Scores;
}

export interface Rejudged {
  scores: RejudgedScore[];
  /** Scores that stay as they are, and why, for people. */
  skipped: string[];
  /** Whether it was given up before the end. */
  stopped: boolean;
}

/**
 * Judges the responses behind the newest scores of a run again, and adds scores with what is found.
 * @throws KnownError
 */
export async function rejudgeRun(runDirectory: string, options: RejudgeOptions): Promise<Rejudged> {
  const run = await RunReader.open(runDirectory);
  const { step, benchmark } = options;
  const wanted = run.benchmarks.filter(
    (record) =>
      (step === undefined || record.step === step) &&
      (benchmark === undefined || record.benchmark === benchmark),
  );
  if (wanted.length === 0) {
    const which = `${benchmark === undefined ? '' : ` of ${benchmark}`}${step === undefined ? '' : ` at step ${step}`}`;
    throw new InputError(
      `The run has no score${which}.`,
      run.benchmarks.length === 0
        ? 'Evaluate a checkpoint of it first.'
        : `It has: ${[...new Set(run.benchmarks.map((one) => `${one.benchmark} at step ${one.step}`))].join(', ')}.`,
    );
  }
  const result: Rejudged = { scores: [], skipped: [], stopped: false };
  const open: { record: BenchmarkRecord; file: string; index: EvaluationIndex }[] = [];
  for (const record of wanted) {
    const found = await responsesOf(runDirectory, record, options.otherJudges === true);
    if (typeof found === 'string')
      result.skipped.push(`${record.benchmark} at step ${record.step}: ${found}`);
    else open.push({ record, ...found });
  }
  const total = open.reduce((sum, { index }) => sum + index.problems().length, 0);
  let done = 0;
  for (const { record, file, index } of open) {
    const judged = await rejudge(file, index, options, () => options.onProgress?.(++done, total) ?? true);
    if (judged === null) return { ...result, stopped: true };
    const after: BenchmarkRecord = {
      ...record,
      ...evaluationScores(judged.scores, record.k),
      judge: JUDGE,
      time: Date.now() / 1000,
    };
    if (!options.dryRun) new RunWriter(runDirectory).appendBenchmark(after);
    const { responses, changed } = judged;
    result.scores.push({
      step: record.step,
      benchmark: record.benchmark,
      responses,
      changed,
      before: record,
      after,
    });
  }
  return result;
}

/**
 * The same for a file of responses, such as `evaluations/step-000200-math500.jsonl`; in a run its score is added there.
 * @throws KnownError
 */
export async function rejudgeFile(path: string, options: RejudgeOptions): Promise<Rejudged> {
  const file = resolve(path);
  const index = new EvaluationIndex(file);
  await index.read();
  const { header } = index;
  if (header === null || index.problems().length === 0) {
    throw new InputError(
      `${file} has no responses of an evaluation.`,
      'Specify a run, or a file of the folder evaluations of a run.',
    );
  }
  const { step, benchmark } = header;
  const run = dirname(dirname(file));
  if (existsSync(join(run, runFiles.manifest)) && join(run, evaluationFile(step, benchmark)) === file) {
    return rejudgeRun(run, { ...options, step, benchmark });
  }
  const refusal = refusalOf(header, options.otherJudges === true);
  if (refusal !== null) return { scores: [], skipped: [`${basename(file)}: ${refusal}`], stopped: false };
  const total = index.problems().length;
  let done = 0;
  const judged = await rejudge(file, index, options, () => options.onProgress?.(++done, total) ?? true);
  if (judged === null) return { scores: [], skipped: [], stopped: true };
  const { responses, changed, scores } = judged;
  const k = Math.min(defaultK, ...scores.map((one) => one.responses.length));
  return {
    scores: [{ step, benchmark, responses, changed, before: null, after: evaluationScores(scores, k) }],
    skipped: [],
    stopped: false,
  };
}

/** The responses behind a score; a text says why they are not judged again. */
async function responsesOf(
  run: string,
  record: BenchmarkRecord,
  otherJudges: boolean,
): Promise<{ file: string; index: EvaluationIndex } | string> {
  const file = join(run, record.samples_file ?? evaluationFile(record.step, record.benchmark));
  if (record.samples_file === undefined || !existsSync(file)) return 'its responses were not kept';
  const index = new EvaluationIndex(file);
  await index.read();
  const { header } = index;
  if (header === null || index.problems().length === 0) return `${file} has no responses`;
  if (header.step !== record.step || header.benchmark !== record.benchmark) {
    return `${file} has the responses of ${header.benchmark} at step ${header.step}`;
  }
  if (index.problems().length !== record.problems) {
    return `${file} has ${index.problems().length} of ${record.problems} problems; evaluate the checkpoint again`;
  }
  return refusalOf({ ...header, judge: record.judge ?? header.judge }, otherJudges) ?? { file, index };
}

function refusalOf({ benchmark, judge }: EvaluationHeader, otherJudges: boolean): string | null {
  if (benchmark.startsWith('countdown-')) return 'answers of Countdown are computed, not compared';
  if (judge === undefined || judge.name === JUDGE.name || otherJudges) return null;
  return `it was judged by ${judge.name} ${judge.version}, which was chosen`;
}

/** @returns null when it was given up */
async function rejudge(
  file: string,
  index: EvaluationIndex,
  { dryRun }: RejudgeOptions,
  goOn: () => boolean,
): Promise<{ responses: number; changed: number; scores: ProblemScores[] } | null> {
  const header = index.header!;
  const ids = index.problems().map(({ id }) => id);
  const problem = async (id: string): Promise<EvaluatedProblem> => {
    const parsed = evaluatedProblemSchema.safeParse(await index.problem(id));
    if (parsed.success) return parsed.data;
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw new InputError(
      `${file}: problem ${id}: ${path.join('.') || 'the line'}: ${message}`,
      'Evaluate the checkpoint again to get its responses.',
    );
  };
  const kind = header.answer_kind ?? (await kindOf(ids, problem));
  const written = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const write = (line: object) => {
    if (!dryRun) appendLines(written, [line]);
  };
  const result = { responses: 0, changed: 0, scores: [] as ProblemScores[] };
  try {
    write({ evaluation: { ...header, judge: JUDGE, answer_kind: kind } });
    for (const id of ids) {
      const judged = judgedAgain(await problem(id), kind);
      result.responses += judged.problem.n;
      result.changed += judged.changed;
      result.scores.push(problemScores(judged.problem));
      write(judged.problem);
      if (!goOn()) return null;
    }
    if (!dryRun) {
      copyFileSync(file, `${file}.previous`, constants.COPYFILE_FICLONE);
      renameSync(written, file);
    }
    return result;
  } catch (error) {
    throw error instanceof KnownError ? error : runFileError(error, 'written', file);
  } finally {
    rmSync(written, { force: true });
  }
}

/** Of an evaluation that does not say: options that were shown are choices. */
async function kindOf(
  ids: readonly string[],
  problem: (id: string) => Promise<EvaluatedProblem>,
): Promise<AnswerKind> {
  const golds: string[] = [];
  for (const id of ids) {
    const { choices, gold } = await problem(id);
    if (choices !== undefined) return 'choice';
    golds.push(gold);
  }
  return kindOfGolds(golds);
}
