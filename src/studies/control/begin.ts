/** From a study file to a study folder: a new one, or the one that the file has begun already, extended. */
import { renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { KnownError } from '../../errors.js';
import { isOverridden } from '../../experiment/index.js';
import {
  atomicWriteJson,
  createRunId,
  makeFolder,
  type ProcessIdentity,
  policyChecksum,
  readManifest,
  runFileError,
  sightOf,
} from '../../runs/protocol/index.js';
import {
  readStudy,
  STUDY_FOLDER_SCHEMA_VERSION,
  type StudyFolder,
  type StudyManifest,
  studiesDirectoryOf,
  studyFiles,
  studyOf,
} from '../folder/index.js';
import { describeDifference, differencesFromPlan, type LoadedStudy } from '../plan/index.js';

/** A study cannot be begun or go on, for a reason that is not in its file. */
export class StudyError extends KnownError {
  override readonly name = 'StudyError';
}

export interface BeginOptions {
  runsDirectory: string;
  /** Leaves an earlier study of the same file as it is. */
  anew?: boolean;
}

/**
 * Makes the study's folder, or extends the one that the file began earlier: finished runs stay, and are not repeated.
 * @throws {MixtureError} when runs that exist were made with other settings
 * @throws {StudyError} when it is at work already, or needs more threads than there are
 * @throws {RunFileError}
 */
export async function beginStudy(
  loaded: LoadedStudy,
  { runsDirectory, anew }: BeginOptions,
): Promise<StudyFolder> {
  const studies = studiesDirectoryOf(runsDirectory);
  const existing = anew ? null : await studyOf(studies, loaded.file);
  if (existing) {
    refuseIfRunning(existing);
    await refuseMixture(existing, loaded);
  }
  const now = new Date();
  const id = existing?.manifest.id ?? createRunId(loaded.study.name, now);
  const manifest: StudyManifest = {
    schema: STUDY_FOLDER_SCHEMA_VERSION,
    id,
    name: loaded.study.name,
    createdAt: existing?.manifest.createdAt ?? now.toISOString(),
    file: loaded.file,
    study: loaded.study,
    experimentFile: loaded.experimentFile,
    experimentText: loaded.experimentText,
    runsDirectory: resolve(existing?.manifest.runsDirectory ?? runsDirectory),
    engine: engineOf(loaded),
    threads: existing?.manifest.threads ?? threadsOf(loaded),
  };
  const directory = join(studies, id);
  if (existing) atomicWriteJson(join(directory, studyFiles.manifest), manifest);
  else create(directory, manifest);
  return readStudy(directory);
}

/** The folder appears whole. */
function create(directory: string, manifest: StudyManifest): void {
  const beside = join(directory, '..', `.${basename(directory)}.new`);
  try {
    makeFolder(join(beside, studyFiles.control));
    atomicWriteJson(join(beside, studyFiles.manifest), manifest);
    renameSync(beside, directory);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw runFileError(error, 'created', directory);
  }
}

const engineOf = ({ arms }: LoadedStudy): StudyManifest['engine'] =>
  arms[0]?.experiment.engine === 'torch' ? 'torch' : 'embedded';

/** Runs side by side share the cores. @throws {StudyError} */
function threadsOf(loaded: LoadedStudy): number {
  const { parallel } = loaded.study;
  if (engineOf(loaded) === 'torch') return 0;
  if (parallel === 'gpus')
    throw new StudyError(
      `${loaded.file}: parallel: "gpus" is for the torch engine; this study runs on the processor.`,
      'Give a number of runs, 1 for one after another.',
    );
  if (parallel === 1) return 0;
  const cores = availableParallelism();
  const most =
    Math.max(...loaded.arms.map(({ experiment }) => experiment.threads)) || Math.floor(cores / parallel);
  if (parallel > cores || most * parallel > cores)
    throw new StudyError(
      `${loaded.file}: parallel: ${parallel} runs need more threads than this machine's ${cores} cores.`,
      `Set "parallel" to at most ${Math.max(1, Math.floor(cores / Math.max(1, most)))}.`,
    );
  return most;
}

function refuseIfRunning(study: StudyFolder): void {
  const { state, status } = study;
  if ((state === 'running' || state === 'stopping') && status) throw alreadyRunning(study, status);
}

export function alreadyRunning({ manifest }: StudyFolder, worker: ProcessIdentity): StudyError {
  const where = sightOf(worker) === 'elsewhere' ? ` on ${worker.host ?? 'another machine'}` : '';
  return new StudyError(
    `Process ${worker.pid}${where} works on the study ${manifest.id} already.`,
    'Stop it first (g2rl study stop), or watch it: there is nothing to start.',
  );
}

/** Runs that exist were made with other settings than the file has now. */
export class MixtureError extends StudyError {}

/** Runs of one study differ in what the study says, and in nothing else. @throws {MixtureError} */
export async function refuseMixture(existing: StudyFolder, loaded: LoadedStudy): Promise<void> {
  const engine = engineOf(loaded);
  if (existing.manifest.engine !== engine)
    throw mixture(loaded.experimentFile, existing, `engine ${existing.manifest.engine} → ${engine}`);
  const arms = new Map(loaded.arms.map((arm) => [arm.name, arm]));
  const checksums = new Map<string, Promise<string>>();
  for (const run of existing.runs) {
    const arm = arms.get(run.arm.name);
    if (run.directory === null || !arm) continue;
    const manifest = await readManifest(run.directory).catch(() => null);
    if (!manifest) continue;
    const planned = { ...arm.experiment, seed: run.seed };
    const [first, ...others] = differencesFromPlan(planned, manifest.experiment);
    if (!first) {
      const { policy } = arm.experiment;
      if (!isAbsolute(policy)) continue;
      const checksum = checksums.get(policy) ?? policyChecksum(policy);
      checksums.set(policy, checksum);
      if ((await checksum) === manifest.policyChecksum) continue;
      throw mixture(loaded.experimentFile, existing, `the weights in ${policy} are others`);
    }
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    const isOwn = isOverridden(
      first.path,
      arm.settings.map(([path]) => path),
    );
    throw mixture(
      isOwn ? loaded.file : loaded.experimentFile,
      existing,
      // What they were made with comes first.
      `${describeDifference({ ...first, values: first.values.toReversed() })}${more} (${run.arm.name}, seed ${run.seed})`,
    );
  }
}

function mixture(file: string, { manifest }: StudyFolder, difference: string): MixtureError {
  return new MixtureError(
    `${file} differs from what the runs of ${manifest.id} were made with: ${difference}.`,
    'Undo that change, give the variant another name, or begin a new study (--new).',
  );
}
