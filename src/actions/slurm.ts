/** Makes a run that a batch script will start: whole, with its problems, waiting. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadingHooks } from '../benchmarks/index.js';
import {
  accelerateConfigOf,
  ownAccelerateConfig,
  prepareProblems,
  slurmScript,
} from '../engines/torch/run/index.js';
import { type CreatedRun, type CreateRunOptions, createRun } from '../runs/control/index.js';
import { atomicWrite, runFiles } from '../runs/protocol/index.js';

export interface SlurmRun extends CreatedRun {
  /** The script, in the run's folder. */
  script: string;
}

/** @throws InputError, RunFileError, LoadingStopped */
export async function createSlurmRun(
  options: CreateRunOptions,
  { python, packageFolder, hooks }: { python: string; packageFolder: string; hooks: LoadingHooks },
): Promise<SlurmRun> {
  const created = await createRun({ ...options, waits: true });
  await prepareProblems(created.directory, options.experiment, hooks);
  // The job may start after an update, which takes this version's folder away.
  const ownPackage = join(created.directory, 'torch');
  cpSync(join(packageFolder, 'g2rl_torch'), join(ownPackage, 'g2rl_torch'), {
    recursive: true,
    filter: (file) => !file.endsWith('__pycache__'),
  });
  const { experiment } = options;
  if (experiment.torch.accelerateConfig === undefined) {
    atomicWrite(accelerateConfigOf(experiment, created.directory), ownAccelerateConfig);
  }
  const script = join(created.directory, runFiles.batchScript);
  const place = { runDirectory: created.directory, packageFolder: ownPackage };
  atomicWrite(script, slurmScript({ ...place, experiment, python }));
  return { ...created, script };
}
