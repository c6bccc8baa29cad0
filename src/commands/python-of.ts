/** The Python that works on a run which is there already. */
import type { WatchedRun } from '../views/index.js';
import type { Services } from './services.js';

/**
 * The interpreter of a torch run; undefined for the embedded engine.
 * @param purpose an evaluation is one process here, however many have trained
 * @throws UserError with what helps
 */
export async function pythonOf(
  services: Services,
  { summary }: WatchedRun,
  purpose: 'resume' | 'evaluate',
): Promise<string | undefined> {
  const { engine, experiment } = summary.manifest;
  if (engine !== 'torch') return undefined;
  const { inspectTorch, planTorchHere } = await import('./torch.js');
  const { asOneProcess } = await import('../engines/torch/plan/index.js');
  const planned = purpose === 'evaluate' ? asOneProcess(experiment) : experiment;
  const { python } = await planTorchHere(planned, await inspectTorch(services));
  return python;
}
