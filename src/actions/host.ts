/** Where the parts of G2RL Lab are, and what this machine has for the torch engine. */
import { dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import { needsRewardPython, planTorch, rewardPython } from '../engines/torch/plan/index.js';
import { InputError } from '../errors.js';
import { type Experiment, experimentSchema } from '../experiment/index.js';
import { RunFileError, type RunManifest, runFiles, type TorchPlace } from '../runs/protocol/index.js';

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

/** The program of the embedded engine, which also tests GPUs. */
export const engineProgram = ({ trainerPath }: Host): string =>
  join(dirname(trainerPath), 'engine-worker.cjs');

/**
 * The experiment of a run as it was started. Readers of runs accept less.
 * @throws {RunFileError} naming the field that is missing or wrong
 */
export function wholeExperiment(runDirectory: string, experiment: unknown): Experiment {
  const parsed = experimentSchema.safeParse(experiment);
  if (parsed.success) return parsed.data;
  const file = join(runDirectory, runFiles.manifest);
  const [issue] = parsed.error.issues;
  throw new RunFileError(
    `${file}: ${['experiment', ...(issue?.path ?? [])].join('.')}: ${issue?.message}.`,
    'Correct it there, or start the experiment again.',
    file,
  );
}

/** @throws InputError for a run of another program */
export function requireOwnRun({ imported }: Pick<RunManifest, 'imported'>): void {
  if (!imported) return;
  throw new InputError(
    t('This run was imported from {0}: G2RL Lab has not trained it.', imported.source),
    t('It can be looked at and compared. Continue the training with the program that began it.'),
  );
}

/** The torch engine for an experiment that has been started before. @throws {EnvironmentError} */
export async function torchPlaceFor(experiment: Experiment, host: Host): Promise<TorchPlace> {
  const { python } = planTorch(experiment, await host.inspectTorch());
  return { python, packageFolder: host.torchPackage };
}

/** Where the embedded engine finds Python for rewards; undefined when the experiment needs none. @throws {EnvironmentError} */
export async function rewardPlaceFor(experiment: Experiment, host: Host): Promise<TorchPlace | undefined> {
  if (!needsRewardPython(experiment)) return undefined;
  return { python: rewardPython(experiment, await host.inspectTorch()), packageFolder: host.torchPackage };
}
