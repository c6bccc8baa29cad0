/** Slurm: makes the runs of a study that have not begun, each with its script, and a job array that starts them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { engineChecks } from '../../engines/checks/index.js';
import { slurmArrayScript } from '../../engines/torch/run/index.js';
import { KnownError } from '../../errors.js';
import { atomicWrite, runFiles } from '../../runs/protocol/index.js';
import { beginStudy } from '../../studies/control/index.js';
import { recordStudyRun } from '../../studies/folder/index.js';
import { type LoadedStudy, runExperiment } from '../../studies/plan/index.js';
import type { Host, Ui } from '../index.js';
import { makeSlurmRun } from './make-slurm-run.js';

/**
 * @param loaded with the engine torch in place of auto
 * @returns the script; null when the person cancelled it, after which the runs that were made stay
 * @throws KnownError
 */
export async function makeStudyScript(
  loaded: LoadedStudy,
  runsDirectory: string,
  host: Host,
  ui: Ui,
): Promise<string | null> {
  const { torch } = requireAlike(loaded);
  const study = await beginStudy(loaded, { runsDirectory });
  const { manifest, directory } = study;
  const source = { ...manifest, auto: manifest.engine, mediaDirectory: host.mediaDirectory, engineChecks };
  const runs: { script: string; label: string }[] = [];
  for (const { arm, variant, point, seed, directory: existing } of study.runs) {
    const label = `${arm.name}, seed ${seed}`;
    const known = existing && join(existing, runFiles.batchScript);
    if (known && existsSync(known)) {
      runs.push({ script: known, label });
      continue;
    }
    if (existing) continue;
    ui.log(label);
    const read = async () => runExperiment(arm, seed, source);
    const newRun = { experimentFile: manifest.experimentFile, runsDirectory: manifest.runsDirectory, read };
    const made = await makeSlurmRun(newRun, host, ui, { id: manifest.id, variant, seed, point });
    if (!made) return null;
    recordStudyRun(directory, { variant, point, seed }, made.directory, 'begun');
    runs.push({ script: made.script, label });
  }
  if (runs.length === 0) throw new KnownError(t('Every run of this study was started without Slurm.'));
  const script = join(directory, runFiles.batchScript);
  const { parallel } = manifest.study;
  const most = typeof parallel === 'number' && parallel > 1 ? parallel : null;
  atomicWrite(script, slurmArrayScript({ name: manifest.name, directory, torch, runs, most }));
  return script;
}

/** The tasks of one array ask for the same machines. @throws KnownError */
function requireAlike({ file, arms }: LoadedStudy) {
  const [first, ...others] = arms.map(({ experiment }) => experiment);
  if (first?.engine !== 'torch') {
    throw new KnownError(
      t('{0}: the study runs on the embedded engine, which needs no batch script.', file),
      t('Start it with g2rl study run, also within a job of your own.'),
    );
  }
  const isOther = ({ torch }: typeof first) =>
    torch.nodes !== first.torch.nodes || torch.processes !== first.torch.processes;
  if (others.some(isOther)) {
    throw new KnownError(
      t('{0}: the variants need different numbers of machines or GPUs.', file),
      t('Make a study of each; the tasks of one job array are alike.'),
    );
  }
  return first;
}
