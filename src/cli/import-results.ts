/** `g2rl import-results`: scores and responses that other programs computed, filed in a run. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { defaultCacheDirectory, loadBenchmark } from '../benchmarks/index.js';
import {
  gradeImported,
  type HarnessScore,
  type ImportedProblem,
  importedRecord,
  parseHarnessResults,
  parseHarnessSamples,
  parseResponses,
  scoreRecord,
} from '../benchmarks/results/index.js';
import {
  type BenchmarkRecord,
  type EvaluatedProblem,
  type EvaluationHeader,
  evaluationFile,
} from '../runs/protocol/index.js';
import { findRun } from '../runs/read/index.js';
import { EvaluationWriter, RunWriter } from '../runs/write/index.js';
import type { AnswerKind, BenchmarkProblem } from '../tasks/index.js';
import { CommandError, runsDirectory } from './context.js';
import { percent } from './numbers.js';
import { scoreTable } from './tables.js';

export interface ImportOptions {
  run: string;
  step: number;
  benchmark?: string;
  file?: string;
  problem?: string;
  answer?: string;
  kind?: AnswerKind;
  runs?: string;
  json?: boolean;
}

/** Results of one benchmark: responses, a score, or both. */
interface Found {
  name: string;
  file: string;
  responses: ImportedProblem[] | null;
  score: HarnessScore | null;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file} cannot be read (${reason}).`, 'Name a file of results.');
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
      return { name: score.task, file, responses: responses.length > 0 ? responses : null, score };
    });
  }
  const harness = /^samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl$/.exec(name);
  const responses = harness ? parseHarnessSamples(read(file), file) : parseResponses(read(file), file);
  if (responses.length === 0) throw new CommandError(`${file} holds no responses.`, 'Name another file.');
  return [{ name: harness?.[1] ?? name.replace(/\.jsonl$/, ''), file, responses, score: null }];
}

/** The benchmark's problems, when responses do not say themselves what the right answer is. */
async function problemsOf(
  found: readonly Found[],
  options: ImportOptions,
): Promise<readonly BenchmarkProblem[]> {
  const { benchmark: name, file, problem, answer } = options;
  const complete = found.every(({ responses }) => (responses ?? []).every(({ gold }) => gold !== null));
  if (complete || (name === undefined && file === undefined)) return [];
  const reference = {
    ...(name !== undefined && { name }),
    ...(file !== undefined && { file: resolve(file) }),
    ...(problem !== undefined && { problem }),
    ...(answer !== undefined && { answer }),
  };
  const benchmark = await loadBenchmark(reference, { cacheDirectory: defaultCacheDirectory() });
  return benchmark.kind === 'answers' ? benchmark.problems : [];
}

function header(benchmark: string, step: number, problems: readonly EvaluatedProblem[]): EvaluationHeader {
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
    imported_at: new Date().toISOString(),
  };
}

/** Files results of other programs under a step of a run, and shows them. */
export async function importResults(files: readonly string[], options: ImportOptions): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), options.run);
  const found = files.flatMap(find);
  if (found.length === 0)
    throw new CommandError('The files hold no score that is a share of right responses.');
  if (found.length > 1 && options.benchmark !== undefined) {
    throw new CommandError(
      `--benchmark names one benchmark, the files hold ${found.length}: ${found.map(({ name }) => name).join(', ')}.`,
      'Import them one at a time, or leave out --benchmark.',
    );
  }
  const known = await problemsOf(found, options);
  const records: BenchmarkRecord[] = [];
  const writer = new RunWriter(directory);
  for (const { name, file, responses, score } of found) {
    const benchmark = options.benchmark ?? name;
    const told = score && `${score.metric} (${score.filter}) ${percent(score.value)}`;
    const source = told === null ? basename(file) : `${basename(file)}: ${told}`;
    const about = { step: options.step, benchmark, source };
    if (responses === null) records.push(scoreRecord(score!, about));
    else {
      const problems = gradeImported(responses, known, options.kind ?? null);
      const kept = evaluationFile(options.step, benchmark);
      const path = join(directory, kept);
      const evaluation = await EvaluationWriter.open(path, header(benchmark, options.step, problems));
      evaluation.append(problems);
      records.push({ ...importedRecord(problems, about), samples_file: kept });
    }
    writer.appendBenchmark(records.at(-1)!);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(records)}\n`);
  else {
    const sources = records.map(({ benchmark, source }) => `${benchmark} from ${source}`);
    process.stdout.write(`${scoreTable(records)}\n\n${sources.join('\n')}\nIn ${directory}\n`);
  }
  return 0;
}
