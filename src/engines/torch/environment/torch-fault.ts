/** What is wrong with the torch of an environment. */
import { type GpuReport, hasGpu } from '../../nvidia/index.js';
import type { TorchFault } from './install-commands.js';
import type { InterpreterReport } from './probe.js';
import { satisfies } from './requirements.js';
import { buildFor, runs } from './torch-build.js';

export interface TorchNeeds {
  /** Bounds of requirements.txt: `>=2.7`. */
  specifier: string;
  /** It need not use a GPU. */
  cpu: boolean;
  gpus: GpuReport;
}

/** Null when another torch would be no better. */
export function torchFault({ python, torch }: InterpreterReport, needs: TorchNeeds): TorchFault | null {
  const { specifier, cpu, gpus } = needs;
  const version = python?.packages.torch ?? null;
  if (version === null || !satisfies(version, specifier)) return 'missing';
  if ('error' in torch) return 'damaged';
  if (cpu || torch.available || !hasGpu(gpus)) return null;
  if (gpus.driver === null || buildFor(gpus.driver) === null) return null;
  return torch.build === null || !runs(gpus.driver, torch.build) ? 'unfit' : null;
}
