/** The configuration of accelerate for a user who sets none. Pure. */
import { join } from 'node:path';
import type { Experiment } from '../../../experiment/index.js';
import { runFiles } from '../../../runs/protocol/index.js';

/** Processes and machines stand on the command line: there they override every configuration. */
export const ownAccelerateConfig = `# How accelerate starts this run. Used instead of the user's default configuration.
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
