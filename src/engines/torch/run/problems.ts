/** Writes the problems that a torch run asks into its folder: how data sets are found and read is known only here. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Benchmark, benchmarkNameOf, loadWatched, problemMessages } from '../../../benchmarks/index.js';
import type { BenchmarkRequest, Experiment } from '../../../experiment/index.js';
import type { LoadingHooks } from '../../../hub/index.js';
import { atomicWrite, runFiles } from '../../../runs/protocol/index.js';

/** File of a benchmark's problems, relative to the run directory. */
const benchmarkProblemsFile = (name: string): string =>
  join(runFiles.problems, 'benchmarks', `${name}.jsonl`);

const trainingFile = join(runFiles.problems, 'train.jsonl');

/**
 * Downloads what is not there yet. Generated problems, Countdown's, need no file.
 * @throws InputError naming file, row, field and fix; LoadingStopped
 */
export async function prepareProblems(
  directory: string,
  { task, seed, evaluation, rewards }: Experiment,
  hooks: LoadingHooks,
): Promise<void> {
  if (task.name === 'problems') {
    const { file, dataset, format, problem, answer, id, choices, answerAs, answerIn } = task;
    const rows = { file, format, problem, answer, id, choices, answerAs, answerIn };
    const name = file === undefined ? dataset : benchmarkNameOf(file);
    await prepare(
      join(directory, trainingFile),
      { ...rows, name, seed, fields: rewards !== undefined },
      hooks,
    );
  }
  for (const benchmark of evaluation.benchmarks) await prepareBenchmark(directory, benchmark, hooks);
}

/** The same for one benchmark. */
export async function prepareBenchmark(
  directory: string,
  benchmark: BenchmarkRequest,
  hooks: LoadingHooks,
): Promise<void> {
  await prepare(join(directory, benchmarkProblemsFile(benchmark.name)), benchmark, hooks);
}

async function prepare(
  file: string,
  request: Parameters<typeof loadWatched>[0],
  hooks: LoadingHooks,
): Promise<void> {
  // A resumed run asks the same problems as before, even if the file has changed.
  if (existsSync(file)) return;
  const benchmark = await loadWatched(request, hooks);
  if (benchmark.kind === 'countdown') return;
  mkdirSync(dirname(file), { recursive: true });
  atomicWrite(file, problemLines(benchmark));
}

function problemLines({ problems, places, answerKind }: Benchmark & { kind: 'answers' }): string {
  const lines = problems.map((problem, index) =>
    JSON.stringify({
      id: problem.id,
      messages: problemMessages(problem, answerKind),
      problem: problem.problem,
      gold: problem.answer,
      kind: answerKind,
      ...(problem.choices && { choices: problem.choices }),
      ...(problem.fields && { fields: problem.fields }),
      where: places[index],
    }),
  );
  return `${lines.join('\n')}\n`;
}
