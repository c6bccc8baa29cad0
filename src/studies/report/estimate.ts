/** What the runs of a study will take, from a run of the same experiment that has finished. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest, readStatus } from '../../runs/protocol/index.js';
import { listRunFolders } from '../../runs/read/index.js';
import type { LoadedStudy } from '../plan/index.js';

export interface RunEstimate {
  /** Name of the run's folder that it is taken from. */
  from: string;
  /** Seconds of one run. */
  seconds: number;
  /** Bytes of one run's folder. */
  bytes: number;
}

/** Of the newest finished run of the study's experiment, scaled to its steps; null when there is none. */
export async function estimateRun(
  { experimentFile, arms }: Pick<LoadedStudy, 'experimentFile' | 'arms'>,
  runsDirectory: string,
): Promise<RunEstimate | null> {
  const steps = Math.max(...arms.map(({ experiment }) => experiment.optimization.steps));
  for (const directory of (await listRunFolders(runsDirectory)).reverse()) {
    const manifest = await readManifest(directory).catch(() => null);
    if (manifest?.experimentFile !== experimentFile) continue;
    const status = await readStatus(directory).catch(() => null);
    if (status?.state !== 'finished') continue;
    const scale = steps / manifest.experiment.optimization.steps;
    const seconds = (Date.parse(status.heartbeat) - Date.parse(status.startedAt)) / 1000;
    return { from: manifest.id, seconds: seconds * scale, bytes: (await bytesOf(directory)) * scale };
  }
  return null;
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    // A file may go while the folder is walked.
    bytes += await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}
