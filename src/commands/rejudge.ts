/** Judge Again: the kept responses of runs, judged by this version's judge; first it is shown what would change. */
import * as vscode from 'vscode';
import { oneLine } from '../runs/facts/index.js';
import { UserError, type WatchedRun } from '../views/index.js';
import { eachRun } from './each-run.js';
import { uiOf } from './editor.js';
import { chooseRuns } from './pick.js';
import { changeLines, type RejudgedRun, verdictsText } from './rejudge-text.js';
import { rejudgeAside } from './rejudge-thread.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function rejudge(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Judging again'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run whose responses to judge again'),
    filter: hasResponses,
    none: vscode.l10n.t('No responses were kept whose answers a judge compares.'),
  });
  if (runs.length === 0) return;
  const ui = uiOf(services);
  const foreseen = await judgeRuns(services, runs, true);
  if (!foreseen) return;
  const changing = runs.filter((_, index) => (foreseen[index]?.scores.length ?? 0) > 0);
  const lines = changeLines(foreseen);
  if (changing.length === 0)
    throw new UserError([vscode.l10n.t('There is nothing to judge again.'), ...lines].join(' '));
  const confirmed = await ui.confirm(
    verdictsText(foreseen),
    [
      ...lines,
      '',
      vscode.l10n.t(
        'The scores are written again. The responses with their earlier verdicts are kept beside the new ones.',
      ),
    ].join('\n'),
    vscode.l10n.t('Write Scores Again'),
  );
  if (!confirmed) return;
  try {
    const judged = await judgeRuns(services, changing, false);
    if (judged) ui.info(verdictsText(judged));
  } finally {
    await services.library.refresh();
  }
}

const hasResponses = ({ benchmarks }: WatchedRun): boolean =>
  benchmarks.some(
    ({ samples_file, benchmark }) => samples_file !== undefined && !benchmark.startsWith('countdown-'),
  );

/** In the order of the runs. Null when it was cancelled. */
async function judgeRuns(
  services: Services,
  runs: readonly WatchedRun[],
  dryRun: boolean,
): Promise<RejudgedRun[] | null> {
  const thread = vscode.Uri.joinPath(services.extensionUri, 'dist', 'rejudge.cjs').fsPath;
  const title = dryRun ? vscode.l10n.t('Checking what would change') : vscode.l10n.t('Judging again');
  return uiOf(services).progress({ title, cancellable: true }, async (report, signal) => {
    const judged: RejudgedRun[] = [];
    await eachRun(runs, async (run) => {
      const name = oneLine(run.summary.name, 60);
      const { scores, skipped, stopped } = await rejudgeAside(thread, {
        directory: run.directory,
        dryRun,
        signal,
        onProgress: (done, total) =>
          report({
            message: vscode.l10n.t('{0}: {1} of {2} problems', name, done, total),
            share: (judged.length + done / total) / runs.length,
          }),
      });
      if (stopped) return false;
      judged.push({ name, scores, skipped });
      return true;
    });
    return signal.aborted ? null : judged;
  });
}
