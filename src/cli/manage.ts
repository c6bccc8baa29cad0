/** `g2rl stop` and `g2rl runs`. */

import { stopRun } from '../runs/control/index.js';
import { findRun, listRuns } from '../runs/read/index.js';
import { runsDirectory } from './context.js';
import { percent } from './numbers.js';
import { table } from './tables.js';

export async function stop(query: string, options: { now?: boolean; runs?: string }): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), query);
  const { how, status } = await stopRun(directory, {
    mode: options.now ? 'now' : 'checkpoint',
    onStage: (stage) => {
      process.stderr.write(stage === 'request' ? 'Asked it to stop…\n' : `Still there: ${stage}…\n`);
    },
  });
  const state = status ? `${status.state} at step ${status.step}` : 'it never started';
  process.stdout.write(how === 'none' ? `Nothing to stop: ${state}.\n` : `${state}.\n`);
  return 0;
}

export async function runs(options: { json?: boolean; runs?: string }): Promise<number> {
  const root = runsDirectory(options.runs);
  const { runs: found, unreadable } = await listRuns(root);
  if (options.json) {
    const list = found.map(({ directory, summary, benchmarks }) => ({
      id: summary.id,
      name: summary.name,
      directory,
      state: summary.state,
      step: summary.status?.step ?? 0,
      totalSteps: summary.status?.totalSteps ?? summary.manifest.experiment.optimization.steps,
      createdAt: summary.manifest.createdAt,
      score: benchmarks.at(-1) ?? null,
    }));
    process.stdout.write(`${JSON.stringify({ root, runs: list, unreadable })}\n`);
    return 0;
  }
  for (const { directory, reason } of unreadable) process.stderr.write(`${directory}: ${reason}\n`);
  if (found.length === 0) {
    process.stdout.write(`No run in ${root}. Start one: g2rl train <experiment file>\n`);
    return 0;
  }
  const rows = found.map(({ summary, benchmarks }) => {
    const total = summary.status?.totalSteps || summary.manifest.experiment.optimization.steps;
    const score = benchmarks.at(-1);
    return [
      summary.id,
      summary.state,
      `${summary.status?.step ?? 0}/${total}`,
      score ? `${percent(score.pass_at_1)} ${score.benchmark}` : '–',
    ];
  });
  process.stdout.write(`${table([['run', 'state', 'step', 'pass@1'], ...rows])}\n`);
  return 0;
}
