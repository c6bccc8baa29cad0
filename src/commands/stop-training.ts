/** Stop Training and Stop All: ask the trainer, then escalate; done when its process is gone. */
import * as vscode from 'vscode';
import type { StoppableRun, Ui } from '../actions/index.js';
import { isAlive, oneLine, runTitle } from '../runs/facts/index.js';
import { stopGraceMilliseconds, UserError, type WatchedRun } from '../views/index.js';
import { uiOf } from './editor.js';
import { chooseRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function stopTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Stopping a run'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run to stop'),
    filter: (candidate) => isAlive(candidate.summary.state),
    none: vscode.l10n.t('No run is training.'),
    takeOnly: true,
  });
  const run = runs[0];
  if (!run) return;
  if (runs.length > 1) {
    await stopSeveral(services, runs);
    return;
  }
  const ui = uiOf(services);
  const mode = run.summary.state === 'stopping' ? 'now' : 'checkpoint';
  if (mode === 'now' && !(await confirmNow(run, ui))) return;
  const actions = await import('../actions/index.js');
  const settings = { mode, stepGrace: stopGraceMilliseconds() } as const;
  const { how, status } = await actions.stopTraining(stoppable(run), settings, ui);
  services.log.info(`${run.summary.id}: ended by ${how}, ${status?.state ?? 'without a status'}`);
  await services.library.refresh();
}

function confirmNow({ summary }: WatchedRun, ui: Ui): Promise<boolean> {
  return ui.confirm(
    vscode.l10n.t('{0} is finishing its step already. Stop it now?', oneLine(summary.name)),
    vscode.l10n.t('The current step is lost. Resume continues from the newest checkpoint.'),
    vscode.l10n.t('Stop Now'),
  );
}

export async function stopAll(services: Services): Promise<void> {
  requireTrust(vscode.l10n.t('Stopping runs'));
  await services.library.ready;
  const alive = services.library.runs().filter((run) => isAlive(run.summary.state));
  if (alive.length === 0) throw new UserError(vscode.l10n.t('No run is training.'));
  await stopSeveral(services, alive);
}

/** More than one is asked for first. */
async function stopSeveral(services: Services, runs: readonly WatchedRun[]): Promise<void> {
  const ui = uiOf(services);
  if (runs.length > 1) {
    const confirmed = await ui.confirm(
      vscode.l10n.t('Stop {0} runs?', runs.length),
      [
        ...runs.map((run) => runTitle(run.summary, services.library.traits(run))),
        '',
        vscode.l10n.t('Each finishes its step and writes a checkpoint, from which it can be resumed.'),
      ].join('\n'),
      vscode.l10n.t('Stop {0} Runs', runs.length),
    );
    if (!confirmed) return;
  }
  const { stopAllTraining } = await import('../actions/index.js');
  try {
    await stopAllTraining(runs.map(stoppable), { stepGrace: stopGraceMilliseconds() }, ui);
  } finally {
    await services.library.refresh();
  }
}

const stoppable = ({ directory, summary }: WatchedRun): StoppableRun => ({ directory, name: summary.name });
