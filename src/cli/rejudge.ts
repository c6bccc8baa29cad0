/** `g2rl rejudge`: scores whose responses were kept, judged by this version's judge. */
import { existsSync, statSync } from 'node:fs';
import { type Rejudged, type RejudgedScore, rejudgeFile, rejudgeRun } from '../actions/results/index.js';
import { formatPercent, formatPoints } from '../runs/facts/index.js';
import { findRun } from '../runs/read/index.js';
import { runsDirectory } from './context.js';
import { table } from './tables.js';

export interface RejudgeOptions {
  step?: number;
  benchmark?: string;
  dryRun?: boolean;
  otherJudges?: boolean;
  runs?: string;
  json?: boolean;
}

export async function rejudge(target: string, options: RejudgeOptions): Promise<number> {
  const { dryRun = false, step, benchmark, otherJudges, json } = options;
  const asked = { dryRun, step, benchmark, otherJudges };
  const isFile = existsSync(target) && statSync(target).isFile();
  const result = isFile
    ? await rejudgeFile(target, asked)
    : await rejudgeRun(await findRun(runsDirectory(options.runs), target), asked);
  process.stdout.write(`${json ? JSON.stringify(result) : text(result, dryRun)}\n`);
  return 0;
}

function text({ scores, skipped }: Rejudged, dryRun: boolean): string {
  const rows = scores.map(({ step, benchmark, responses, changed, before, after }: RejudgedScore) => [
    `${benchmark} at step ${step}`,
    `${changed} of ${responses} verdicts`,
    ...(before === null ? [''] : [formatPercent(before.pass_at_1)]),
    formatPercent(after.pass_at_1),
    before === null ? '' : `${formatPoints(after.pass_at_1 - before.pass_at_1)} points`,
  ]);
  const head = ['', dryRun ? 'would change' : 'changed', 'pass@1 before', 'after', 'change'];
  const parts = [
    ...(rows.length > 0 ? [table([head, ...rows])] : []),
    ...skipped.map((one) => `Left as it is: ${one}.`),
  ];
  return parts.length > 0 ? parts.join('\n') : 'There is nothing to judge again.';
}
