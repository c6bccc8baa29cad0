/** Stop Training and Stop All: ask the trainer, then escalate; done when its process is gone. */
import { l10n } from 'vscode';
import type { StoppableRun, Ui } from '../actions/index.js';
import { isAlive, oneLine } from '../runs/facts/index.js';
import { stopGraceMilliseconds, type WatchedRun } from '../views/index.js';
import { uiOf } from './editor.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function stopTraining(services: Services, argument: unknown): Promise<void> {
  requireTrust(l10n.t('Stopping a run'));
  const run = await chooseRun(services.library, argument, {
    placeholder: l10n.t('Run to stop'),
    filter: (candidate) => isAlive(candidate.summary.state),
    none: l10n.t('No run is training.'),
    takeOnly: true,
  });
  if (!run) return;
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
    l10n.t('{0} is finishing its step already. Stop it now?', oneLine(summary.name)),
    l10n.t('The current step is lost. Resume continues from the newest checkpoint.'),
    l10n.t('Stop Now'),
  );
}

export async function stopAll(services: Services): Promise<void> {
  requireTrust(l10n.t('Stopping runs'));
  await services.library.ready;
  const alive = services.library.runs().filter((run) => isAlive(run.summary.state));
  const { stopAllTraining } = await import('../actions/index.js');
  try {
    await stopAllTraining(alive.map(stoppable), { stepGrace: stopGraceMilliseconds() }, uiOf(services));
  } finally {
    await services.library.refresh();
  }
}

const stoppable = ({ directory, summary }: WatchedRun): StoppableRun => ({ directory, name: summary.name });
