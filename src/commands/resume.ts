/** Resume: go on with a run that ended early, from its newest checkpoint. */
import type { WatchedRun } from '../views/runFeed.js';
import { isResumable } from '../views/runView.js';
import { chooseRun } from './pick.js';
import type { Services } from './services.js';
import { trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

/** The interpreter of a torch run; undefined for the embedded engine. */
async function pythonOf(services: Services, { summary }: WatchedRun): Promise<string | undefined> {
  const { engine, experiment } = summary.manifest;
  if (engine !== 'torch') return undefined;
  const { inspectTorch, planTorchHere } = await import('./torch.js');
  const { python } = await planTorchHere(experiment, await inspectTorch(services));
  return python;
}

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
