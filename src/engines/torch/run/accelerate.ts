/** How accelerate starts processes where a person names no configuration of their own. Pure. */
import { join } from 'node:path';
import type { Experiment } from '../../../experiment/index.js';
import { runFiles } from '../../../runs/protocol/index.js';

/** Processes and machines stand on the command line: there they go before every configuration. */
export const ownAccelerateConfig = `# How accelerate starts this run. It takes this file and not the default one of the person.
compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
gpu_ids: all
mixed_precision: 'no'
use_cpu: false
`;

/** The configuration that a run is started with: the person's, else the one in its folder. */
export function accelerateConfigOf({ torch }: Experiment, runDirectory: string): string {
  return torch.accelerateConfig ?? join(runDirectory, runFiles.accelerate);
}
