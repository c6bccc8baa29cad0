/** Stop Training and Stop All: ask the trainer, then press harder; done when its process is gone. */
import * as vscode from 'vscode';
import type { StopOptions } from '../runs/control/index.js';
import { isAlive, oneLine } from '../runs/facts/index.js';
import { stopGraceMilliseconds, type WatchedRun } from '../views/index.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

type Stage = Parameters<NonNullable<StopOptions['onStage']>>[0];

const stageTexts: Record<Stage, string> = {
  request: 'finishing the step in hand and writing a checkpoint',
  SIGINT: 'it does not answer, interrupting it',
  SIGTERM: 'it does not answer, terminating it',
  SIGKILL: 'it does not answer, killing it; Resume continues from the newest checkpoint',
};

export async function stopTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust('Stopping a run');
  const run = await chooseRun(services.library, argument, {
    placeholder: 'Run to stop',
    filter: (candidate) => isAlive(candidate.summary.state),
    none: 'No run is training.',
    takeOnly: true,
  });
  if (!run) return;
  if (run.summary.state !== 'stopping') {
    await stop(services, run, {});
    return;
  }
  const answer = await vscode.window.showWarningMessage(
    `${oneLine(run.summary.name)} is finishing its step already. Stop it now?`,
    { modal: true, detail: 'The step in hand is lost. Resume continues from the newest checkpoint.' },
    'Stop Now',
  );
  if (answer) await stop(services, run, { mode: 'now' });
}

export async function stopAll(services: Services): Promise<void> {
  requireTrust('Stopping runs');
  await services.library.ready;
  const alive = services.library.runs().filter((run) => isAlive(run.summary.state));
  const results = await Promise.allSettled(alive.map((run) => stop(services, run, {})));
  const failed = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failed.slice(1)) services.log.error(String(reason));
  if (failed[0]) throw failed[0].reason;
}

async function stop({ library, log }: Services, run: WatchedRun, options: StopOptions): Promise<void> {
  const { stopRun } = await import('../runs/control/index.js');
  const name = oneLine(run.summary.name, 60);
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Stopping ${name}` },
    async (progress) => {
      const outcome = await stopRun(run.directory, {
        ...(options.mode === 'now' ? {} : { grace: { request: stopGraceMilliseconds() } }),
        ...options,
        onStage: (stage) => {
          log.info(`${run.summary.id}: ${stage}`);
          progress.report({ message: stageTexts[stage] });
        },
      });
      log.info(`${run.summary.id}: ended by ${outcome.how}, ${outcome.status?.state ?? 'without a status'}`);
      await library.refresh();
    },
  );
}
