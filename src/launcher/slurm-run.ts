/** Makes a run that a batch script will start: whole, with its problems, waiting. */
import { join } from 'node:path';
import type { LoadingHooks } from '../engine/evaluation-task.js';
import { atomicWrite, type CreatedRun, type CreateRunOptions, createRun } from '../runs/index.js';
import { prepareProblems } from './problems.js';
import { slurmScript } from './slurm.js';

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
  const script = join(created.directory, 'train.sbatch');
  const { experiment } = options;
  atomicWrite(script, slurmScript({ experiment, runDirectory: created.directory, packageFolder, python }));
  return { ...created, script };
}
