/** `g2rl stop` and `g2rl runs`. */

import { basename } from 'node:path';
import { stopTraining } from '../actions/index.js';
import { formatPercent, headlineScores, progress, stepsText } from '../runs/facts/index.js';
import { findRun, listRuns, longestSilenceMilliseconds } from '../runs/read/index.js';
import { runsDirectory } from './context.js';
import { table } from './tables.js';
import { terminal } from './terminal.js';

export async function stop(query: string, options: { now?: boolean; runs?: string }): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), query);
  const run = { directory, name: basename(directory) };
  const { how, status } = await stopTraining(run, { mode: options.now ? 'now' : 'checkpoint' }, terminal);
  const state = status ? `${status.state} at step ${status.step}` : 'it never started';
  process.stdout.write(how === 'none' ? `Nothing to stop: ${state}.\n` : `${state}.\n`);
  return 0;
}

export async function runs(options: { json?: boolean; runs?: string }): Promise<number> {
  const root = runsDirectory(options.runs);
  const { runs: found, unreadable } = await listRuns(root, (count) =>
    process.stderr.write(
      `${count === 1 ? 'The process of a run is' : `The processes of ${count} runs are`} in another container or on another machine: waiting up to ${longestSilenceMilliseconds / 1000} s for a heartbeat.\n`,
    ),
  );
  if (options.json) {
    const list = found.map((run) => {
      const { directory, summary } = run;
      const { step, total } = progress(summary);
      return {
        id: summary.id,
        name: summary.name,
        directory,
        state: summary.state,
        step,
        totalSteps: total,
        createdAt: summary.manifest.createdAt,
        score: headlineScores(run)?.last ?? null,
      };
    });
    process.stdout.write(`${JSON.stringify({ root, runs: list, unreadable })}\n`);
    return 0;
  }
  for (const { directory, reason } of unreadable) process.stderr.write(`${directory}: ${reason}\n`);
  if (found.length === 0) {
    process.stdout.write(`No run in ${root}. Start one: g2rl train <experiment file>\n`);
    return 0;
  }
  const rows = found.map((run) => {
    const score = headlineScores(run)?.last;
    return [
      run.summary.id,
      run.summary.state,
      stepsText(run.summary),
      score ? `${formatPercent(score.pass_at_1)} ${score.benchmark}` : '–',
    ];
  });
  process.stdout.write(`${table([['run', 'state', 'step', 'pass@1'], ...rows])}\n`);
  return 0;
}
