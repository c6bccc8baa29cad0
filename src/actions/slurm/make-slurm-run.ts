/** Slurm: makes a run that a batch script starts, whole, with its problems, and the script. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { asOneProcess, planTorch } from '../../engines/torch/plan/index.js';
import {
  accelerateConfigOf,
  ownAccelerateConfig,
  prepareProblems,
  slurmScript,
} from '../../engines/torch/run/index.js';
import { KnownError } from '../../errors.js';
import type { Experiment } from '../../experiment/index.js';
import { LoadingStopped } from '../../hub/index.js';
import { type CreatedRun, type CreateRunOptions, createRun } from '../../runs/control/index.js';
import { atomicWrite, runFiles } from '../../runs/protocol/index.js';
import type { Host, NewRun, Ui } from '../index.js';

export interface SlurmRun extends CreatedRun {
  /** The script, in the run's folder. */
  script: string;
}

/**
 * @param study the study that it is a run of
 * @returns null when the person cancelled it; nothing is left of the run then
 * @throws KnownError
 */
export async function makeSlurmRun(
  newRun: NewRun,
  host: Host,
  ui: Ui,
  study?: CreateRunOptions['study'],
): Promise<SlurmRun | null> {
  const experiment = await newRun.read({ engine: 'torch' });
  const { torch, ...alone } = asOneProcess(experiment);
  // Here the script is only written: neither this machine's GPUs nor its memory count.
  const here = { ...alone, torch: { ...torch, cpu: true } };
  const environment = await host.inspectTorch();
  if (!environment.usable) await refuseEmbedded(newRun, experiment);
  const { python, versions } = planTorch(here, environment);
  return ui.progress({ title: t('Preparing the run'), cancellable: true }, async (report, signal) => {
    const { nodes, processes } = experiment.torch;
    const created = await createRun({
      experiment,
      experimentFile: newRun.experimentFile,
      runsDirectory: newRun.runsDirectory,
      mediaDirectory: host.mediaDirectory,
      version: host.version,
      torch: { device: `${nodes} × ${processes} GPUs, Slurm`, versions },
      waits: true,
      ...(study && { study }),
    });
    const { directory } = created;
    let whole = false;
    try {
      await prepareProblems(directory, experiment, {
        log: (message) => report({ message }),
        stopRequested: () => signal.aborted,
      });
      const script = writeScript(directory, experiment, python, host);
      whole = !signal.aborted;
      return whole ? { ...created, script } : null;
    } catch (error) {
      if (error instanceof LoadingStopped) return null;
      throw error;
    } finally {
      if (!whole) rmSync(directory, { recursive: true, force: true });
    }
  });
}

/**
 * What is missing for the torch engine is no matter of an experiment that does without it.
 * @throws KnownError for such an experiment
 */
async function refuseEmbedded({ read }: NewRun, { torch }: Experiment): Promise<void> {
  if (torch.nodes > 1 || torch.processes > 1) return;
  const { engine } = await read({});
  if (engine !== 'embedded') return;
  throw new KnownError(
    'This experiment runs on the embedded engine, which trains on one machine and needs no batch script.',
    'Start it as any other run, also within a job of your own: g2rl train <experiment file>. A script is for experiments with "engine": "torch".',
  );
}

/** The script and what the job reads beside the run's own files. */
function writeScript(
  runDirectory: string,
  experiment: Experiment,
  python: string,
  { torchPackage }: Host,
): string {
  // The job may start after an update, which takes this version's folder away.
  const packageFolder = join(runDirectory, 'torch');
  cpSync(join(torchPackage, 'g2rl_torch'), join(packageFolder, 'g2rl_torch'), {
    recursive: true,
    filter: (file) => !file.endsWith('__pycache__'),
  });
  if (experiment.torch.accelerateConfig === undefined) {
    atomicWrite(accelerateConfigOf(experiment, runDirectory), ownAccelerateConfig);
  }
  const script = join(runDirectory, runFiles.batchScript);
  atomicWrite(script, slurmScript({ experiment, runDirectory, packageFolder, python }));
  return script;
}
