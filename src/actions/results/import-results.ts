/** Import: scores and responses that other programs computed, added to a run. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { JUDGE } from '../../answers/index.js';
import { type BenchmarkReference, loadBenchmark } from '../../benchmarks/index.js';
import {
  gradeImported,
  type HarnessScore,
  type ImportedProblem,
  importedRecord,
  kindOfGolds,
  parseHarnessResults,
  parseHarnessSamples,
  parseResponses,
  scoreRecord,
} from '../../benchmarks/results/index.js';
import { InputError, reasonOf } from '../../errors.js';
import { defaultCacheDirectory } from '../../hub/index.js';
import { formatPercent } from '../../runs/facts/index.js';
import {
  type BenchmarkRecord,
  type EvaluatedProblem,
  type EvaluationHeader,
  evaluationFile,
  readRegularFileSync,
} from '../../runs/protocol/index.js';
import { EvaluationWriter, RunWriter } from '../../runs/write/index.js';
import type { AnswerKind, BenchmarkProblem } from '../../tasks/index.js';

export interface ResultsToImport {
  /** `results_*.json` and `samples_*.jsonl` of lm-evaluation-harness, or lines of `{"id", "responses"}`. */
  files: readonly string[];
  /** Of the policy that was evaluated; 0 is the starting policy. */
  step: number;
  /** What to file them under instead of the harness's name of the task. */
  benchmark?: string;
  /** Where the problems are found that responses belong to, when the files do not say what was asked. */
  problems: BenchmarkReference | null;
  /** How responses are judged; null derives it from the right answers. */
  kind: AnswerKind | null;
}

/** Results of one benchmark: responses, a score, or both. */
interface Found {
  name: string;
  file: string;
  results:
    | { responses: ImportedProblem[]; score: HarnessScore | null }
    | { responses: null; score: HarnessScore };
}

function read(file: string): string {
  try {
    return readRegularFileSync(file, Number.POSITIVE_INFINITY);
  } catch (error) {
    throw new InputError(`${file} cannot be read (${reasonOf(error)}).`, 'Specify a file of results.');
  }
}

/** `samples_<task>_<time>.jsonl` beside `results_<time>.json`, or `samples_<task>.jsonl`. */
function samplesFile(results: string, task: string): string | null {
  const time = basename(results)
    .replace(/^results_?/, '')
    .replace(/\.json$/, '');
  const names = [`samples_${task}_${time}.jsonl`, `samples_${task}.jsonl`];
  const beside = readdirSync(dirname(results));
  const name = names.find((candidate) => beside.includes(candidate));
  return name === undefined ? null : join(dirname(results), name);
}

function find(path: string): Found[] {
  const file = resolve(path);
  const name = basename(file);
  if (name.endsWith('.json')) {
    return parseHarnessResults(read(file), file).map((score) => {
      const samples = samplesFile(file, score.task);
      const responses = samples === null ? [] : parseHarnessSamples(read(samples), samples);
      return {
        name: score.task,
        file,
        results: { responses: responses.length > 0 ? responses : null, score },
      };
    });
  }
  const harness = /^samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl$/.exec(name);
  const responses = harness ? parseHarnessSamples(read(file), file) : parseResponses(read(file), file);
  if (responses.length === 0) throw new InputError(`${file} contains no responses.`, 'Specify another file.');
  const results = { responses, score: null };
  return [{ name: harness?.[1] ?? name.replace(/\.jsonl$/, ''), file, results }];
}

/** The benchmark's problems, when responses do not say themselves what the right answer is. */
async function problemsOf(
  found: readonly Found[],
  reference: BenchmarkReference | null,
): Promise<readonly BenchmarkProblem[]> {
  const complete = found.every(({ results }) => (results.responses ?? []).every(({ gold }) => gold !== null));
  if (complete || reference === null) return [];
  const benchmark = await loadBenchmark(reference, { cacheDirectory: defaultCacheDirectory() });
  return benchmark.kind === 'answers' ? benchmark.problems : [];
}

function header(
  benchmark: string,
  step: number,
  problems: readonly EvaluatedProblem[],
  kind: AnswerKind,
): EvaluationHeader {
  return {
    schema: 1,
    step,
    benchmark,
    samples: Math.min(...problems.map(({ n }) => n)),
    temperature: -1,
    seed: 0,
    max_new_tokens: 0,
    policy: '',
    problems: '',
    judge: JUDGE,
    answer_kind: kind,
    imported_at: new Date().toISOString(),
  };
}

/**
 * Files results of other programs under a step of a run, and returns the records that were added to its benchmarks.
 * @throws KnownError
 */
export async function importResults(
  runDirectory: string,
  { files, step, benchmark: given, problems: reference, kind }: ResultsToImport,
): Promise<BenchmarkRecord[]> {
  const found = files.flatMap(find);
  if (found.length === 0) {
    throw new InputError('The files contain no score that is a share of correct responses.');
  }
  if (found.length > 1 && given !== undefined) {
    throw new InputError(
      `One benchmark was specified, but the files contain ${found.length}: ${found.map(({ name }) => name).join(', ')}.`,
      'Import them one at a time, or omit the name of the benchmark.',
    );
  }
  const known = await problemsOf(found, reference);
  const records: BenchmarkRecord[] = [];
  const writer = new RunWriter(runDirectory);
  for (const { name, file, results } of found) {
    const benchmark = given ?? name;
    const about = { step, benchmark, source: sourceOf(file, results.score) };
    const record =
      results.responses === null
        ? scoreRecord(results.score, about)
        : await fileResponses(runDirectory, gradeImported(results.responses, known, kind), kind, about);
    writer.appendBenchmark(record);
    records.push(record);
  }
  return records;
}

/** Where a score came from, for people. */
function sourceOf(file: string, score: HarnessScore | null): string {
  if (score === null) return basename(file);
  return `${basename(file)}: ${score.metric} (${score.filter}) ${formatPercent(score.value)}`;
}

/** Keeps graded responses with the run's evaluations. */
async function fileResponses(
  runDirectory: string,
  problems: readonly EvaluatedProblem[],
  kind: AnswerKind | null,
  about: Pick<BenchmarkRecord, 'step' | 'benchmark' | 'source'>,
): Promise<BenchmarkRecord> {
  const { step, benchmark } = about;
  const kept = evaluationFile(step, benchmark);
  const evaluation = await EvaluationWriter.open(
    join(runDirectory, kept),
    header(benchmark, step, problems, kind ?? kindOfGolds(problems.map(({ gold }) => gold))),
  );
  evaluation.append(problems);
  return { ...importedRecord(problems, about), samples_file: kept };
}
