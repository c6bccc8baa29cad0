/** Where the parts of G2RL Lab are, and what this machine has for the torch engine. */
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import { planTorch } from '../engines/torch/plan/index.js';
import type { Experiment } from '../experiment/index.js';
import type { TorchPlace } from '../runs/protocol/index.js';

export interface Host {
  /** `dist/trainer.cjs`. */
  trainerPath: string;
  /** Folder of the shipped policies. */
  mediaDirectory: string;
  /** Folder that holds the Python package `g2rl_torch`. */
  torchPackage: string;
  /** Version of G2RL Lab. */
  version: string;
  /** Looks at Python, its packages and the GPUs, which takes seconds. */
  inspectTorch(): Promise<EnvironmentReport>;
}

/** The torch engine for an experiment that has been started before. @throws {EnvironmentError} */
export async function torchPlaceFor(experiment: Experiment, host: Host): Promise<TorchPlace> {
  const { python } = planTorch(experiment, await host.inspectTorch());
  return { python, packageFolder: host.torchPackage };
}
