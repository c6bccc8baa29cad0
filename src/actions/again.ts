/** Running a run's settings again, in the same place or with another seed. */
import { dirname } from 'node:path';
import { t } from '@vscode/l10n';
import { KnownError } from '../errors.js';
import { type Experiment, writeExperiment } from '../experiment/index.js';
import { readManifest } from '../runs/protocol/index.js';
import { listRunFolders } from '../runs/read/index.js';
import { requireOwnRun } from './host.js';

/** What a run was started with, as text that can be read, changed and started again. */
export interface RunSettings {
  experiment: Experiment;
  /** Of the run; null when it was not made from a file. */
  experimentFile: string | null;
  text: string;
}

/** @throws KnownError when its run.json cannot be read, or a script has its settings */
export async function settingsOfRun(
  directory: string,
  { mediaDirectory, folder }: { mediaDirectory: string; folder?: string },
): Promise<RunSettings> {
  const manifest = await readManifest(directory);
  requireOwnRun(manifest);
  const { experiment, experimentFile, script } = manifest;
  if (script) {
    throw new KnownError(
      t('This run is trained by a script, which has its settings.'),
      t('Change them there, and run it again: {0}', script.command),
    );
  }
  const place = folder ?? dirname(experimentFile ?? directory);
  return { experiment, experimentFile, text: writeExperiment(experiment, { folder: place, mediaDirectory }) };
}

/** The first seed above those of all runs of the same experiment, and above its own. */
export async function nextSeed(
  { name, seed }: Pick<Experiment, 'name' | 'seed'>,
  experimentFile: string | null,
  runsDirectory: string,
): Promise<number> {
  let highest = seed;
  for (const directory of await listRunFolders(runsDirectory)) {
    const manifest = await readManifest(directory).catch(() => null);
    if (!manifest) continue;
    const same =
      experimentFile === null ? manifest.name === name : manifest.experimentFile === experimentFile;
    if (same) highest = Math.max(highest, manifest.seed);
  }
  return highest + 1;
}
