/** Resume: go on with a run that ended early, from its newest checkpoint. */
import { isResumable } from '../views/runView.js';
import { chooseRun } from './pick.js';
import { pythonOf } from './pythonOf.js';
import type { Services } from './services.js';
import { trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

export async function resume(services: Services, argument: unknown): Promise<void> {
  requireTrust('Resuming a run');
  const run = await chooseRun(services.library, argument, {
    placeholder: 'Run to resume',
    filter: (candidate) => isResumable(candidate.summary.state),
    none: 'Only a run that was stopped, failed or was lost can be resumed.',
    takeOnly: true,
  });
  if (!run) return;
  const { resumeRun } = await import('../runs/index.js');
  const python = await pythonOf(services, run);
  await resumeRun(run.directory, {
    trainerPath: trainerPath(services),
    ...(python !== undefined && { python }),
  });
  services.log.info(`Resumed ${run.directory}`);
  await services.library.refresh();
  await services.tree.reveal(run);
}
