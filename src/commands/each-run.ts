/** One thing after the other done to several runs: where one fails, the others are done all the same. */
import * as vscode from 'vscode';
import { errorText } from '../errors.js';
import { oneLine } from '../runs/facts/index.js';
import { UserError, type WatchedRun } from '../views/index.js';

/** What to do with each run; false to leave the others. */
type Work = (run: WatchedRun) => Promise<boolean | undefined>;

/** @throws the error of a run that is alone, or one that names those that failed and says why the first did */
export async function eachRun(runs: readonly WatchedRun[], work: Work): Promise<void> {
  const failed: { run: WatchedRun; error: unknown }[] = [];
  for (const run of runs) {
    try {
      if ((await work(run)) === false) break;
    } catch (error) {
      if (runs.length === 1) throw error;
      failed.push({ run, error });
    }
  }
  const [first] = failed;
  if (!first) return;
  const name = oneLine(first.run.summary.name, 60);
  throw new UserError(
    vscode.l10n.t(
      '{0} of {1} runs failed. {2}: {3}',
      failed.length,
      runs.length,
      name,
      errorText(first.error),
    ),
  );
}
