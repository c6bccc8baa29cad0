/** The Python that goes on with a run. */
import type { WatchedRun } from '../views/runFeed.js';
import type { Services } from './services.js';

/** The interpreter of a torch run; undefined for the embedded engine. @throws UserError with the way to the setup */
export async function pythonOf(services: Services, { summary }: WatchedRun): Promise<string | undefined> {
  const { engine, experiment } = summary.manifest;
  if (engine !== 'torch') return undefined;
  const { inspectTorch, planTorchHere } = await import('./torch.js');
  const { python } = await planTorchHere(experiment, await inspectTorch(services));
  return python;
}
