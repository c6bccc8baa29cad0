/** `g2rl train` and `g2rl resume`: start the trainer as the editor does, then follow it to its end. */
import { basename, join } from 'node:path';
import { resumeTraining, startTraining } from '../actions/index.js';
import type { RequestedDevice } from '../experiment/index.js';
import { gpuOf, scores } from '../runs/facts/index.js';
import { runFiles } from '../runs/protocol/index.js';
import { findRun, type RunWatcher } from '../runs/read/index.js';
import { hostOf, newRunOf, runsDirectory } from './context.js';
import { followRun } from './follow.js';
import { LiveView, PlainView } from './screen.js';
import { scoreTable } from './tables.js';
import { interruptedExitCode, terminal } from './terminal.js';

export interface TrainOptions {
  set?: string[];
  runs?: string;
  json?: boolean;
  detach?: boolean;
  python?: string;
  /** A run to wait for: folder, id, or a part of the id. */
  after?: string;
}

/** The id of the run that `--after` names. */
export async function runBefore({
  after,
  runs,
}: Pick<TrainOptions, 'after' | 'runs'>): Promise<string | undefined> {
  return after === undefined ? undefined : basename(await findRun(runsDirectory(runs), after));
}

export async function train(file: string, options: TrainOptions): Promise<number> {
  const created = await startTraining(
    newRunOf(file, options, await runBefore(options)),
    hostOf(options),
    terminal,
  );
  return created ? watchToEnd(created.id, created.directory, options) : interruptedExitCode;
}

export interface ResumeOptions extends TrainOptions {
  device?: RequestedDevice;
}

export async function resume(query: string, options: ResumeOptions): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), query);
  await resumeTraining(directory, hostOf(options), terminal, options.device);
  return watchToEnd(query, directory, options);
}

/** Follows a run to its end, unless it is detached. */
export async function watchToEnd(id: string, directory: string, options: TrainOptions): Promise<number> {
  if (options.detach) {
    const said = options.json ? JSON.stringify({ id, directory }) : `Training in ${directory}`;
    process.stdout.write(`${said}\n`);
    return 0;
  }
  // With --json stdout belongs to the result.
  const output = options.json ? process.stderr : process.stdout;
  const plain = !output.isTTY;
  const view = plain ? new PlainView(output) : new LiveView(output);
  view.say(`Run ${directory}`);
  const run = await followRun(directory, view, plain);
  try {
    return report(run, options.json ?? false);
  } finally {
    await run.dispose();
  }
}

function report(run: RunWatcher, json: boolean): number {
  const { id, state, status } = run.summary;
  const failed = state === 'failed' || state === 'lost' || run.deleted;
  if (json) {
    const result = {
      id,
      directory: run.directory,
      state: run.deleted ? 'deleted' : state,
      step: status?.step ?? 0,
      totalSteps: status?.totalSteps ?? 0,
      tokens: status?.tokens ?? 0,
      error: status?.error ?? null,
      benchmarks: scores(run.benchmarks).map(({ benchmark, first, last }) => ({ benchmark, first, last })),
      metrics: run.newest,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else {
    const table = scoreTable(run.benchmarks);
    if (table !== '') process.stdout.write(`\n${table}\n`);
    process.stdout.write(`\n${state} at step ${status?.step ?? 0}. Everything is in ${run.directory}\n`);
    process.stdout.write(
      'To see it in VS Code: open this folder, then run "G2RL: Open Dashboard" from the command palette.\n',
    );
  }
  if (failed) process.stderr.write(`${failure(run)}\n`);
  return failed ? 1 : 0;
}

function failure(run: RunWatcher): string {
  const { error } = run.summary.status ?? { error: null };
  if (run.deleted) return `${run.directory} was deleted during the run.`;
  if (run.summary.state === 'failed' && error) return `${error.message}\n  ${error.hint}`;
  const gpu = gpuOf(run.summary.status);
  const processor =
    gpu === null
      ? ''
      : `\n  If the driver of ${gpu} has ended it: g2rl resume ${run.summary.id} --device cpu`;
  return `The trainer ended without a word.\n  Look at ${join(run.directory, runFiles.log)}, then: g2rl resume ${run.summary.id}${processor}`;
}
