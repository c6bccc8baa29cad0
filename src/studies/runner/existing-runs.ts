/** Runs that are there before the runner begins any. */
import { isAbsolute } from 'node:path';
import { policyChecksum, type RunManifest, readManifest, readStatus } from '../../runs/protocol/index.js';
import { listRunFolders } from '../../runs/read/index.js';
import type { StudyFolder, StudyRun } from '../folder/index.js';
import { differencesFromPlan, keyOf, runExperiment } from '../plan/index.js';

type Source = Parameters<typeof runExperiment>[2];

async function* manifests(runsDirectory: string): AsyncGenerator<[directory: string, manifest: RunManifest]> {
  for (const directory of await listRunFolders(runsDirectory)) {
    const manifest = await readManifest(directory).catch(() => null);
    if (manifest) yield [directory, manifest];
  }
}

/** The study's runs by what their own `run.json` says: a runner may be killed before it has recorded one. */
export async function runsOfStudy({ manifest, runs }: StudyFolder): Promise<Map<StudyRun, string>> {
  const byKey = new Map(runs.map((run) => [keyOf(run), run]));
  const found = new Map<StudyRun, string>();
  for await (const [directory, { study }] of manifests(manifest.runsDirectory)) {
    if (study?.id !== manifest.id) continue;
    const run = byKey.get(keyOf(study));
    // The oldest one is the one that went furthest.
    if (run && !found.has(run)) found.set(run, directory);
  }
  return found;
}

/** Finished runs outside of the study that are exactly what is missing. */
export async function adoptable(
  { manifest }: StudyFolder,
  missing: readonly StudyRun[],
  source: Source,
): Promise<Map<StudyRun, string>> {
  const found = new Map<StudyRun, string>();
  if (missing.length === 0) return found;
  const bySeed = Map.groupBy(missing, ({ seed }) => seed);
  const checksums = new Map<string, Promise<string>>();
  for await (const [directory, run] of manifests(manifest.runsDirectory)) {
    const { seed, experiment, study } = run;
    const candidates = bySeed.get(seed) ?? [];
    if (candidates.length === 0 || study?.id === manifest.id) continue;
    if ((await readStatus(directory).catch(() => null))?.state !== 'finished') continue;
    const fitting = candidates.find((candidate) => {
      if (found.has(candidate)) return false;
      return differencesFromPlan(runExperiment(candidate.arm, seed, source), experiment).length === 0;
    });
    if (!fitting) continue;
    // The same folder may have other weights now.
    const { policy } = runExperiment(fitting.arm, seed, source);
    const checksum = isAbsolute(policy) ? (checksums.get(policy) ?? policyChecksum(policy)) : null;
    if (checksum) checksums.set(policy, checksum);
    if (checksum === null || (await checksum) === run.policyChecksum) found.set(fitting, directory);
  }
  return found;
}
