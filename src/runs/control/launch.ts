/** Creating runs and starting their trainer: detached, so that it outlives the window or terminal it came from. */

import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { KnownError } from '../../errors.js';
import type { Experiment, RequestedDevice } from '../../experiment/index.js';
import {
  atomicWriteJson,
  createRunId,
  errorCode,
  giveLock,
  identityOf,
  makeFolder,
  openFilesHint,
  openToAppend,
  type ProcessIdentity,
  policyChecksum,
  processorText,
  RUN_SCHEMA_VERSION,
  RunFileError,
  type RunManifest,
  releaseLock,
  runFileError,
  runFiles,
  type TorchPlace,
  takeLock,
} from '../protocol/index.js';
import { folderBeside, removeTemporaryFiles, removeUnfinishedRuns } from './leftovers.js';
import { isHere, lastingWorker, type OnWait, placeOf } from './working-process.js';

const execute = promisify(execFile);

export interface CreateRunOptions {
  /** Resolved: defaults filled in, paths absolute. */
  experiment: Experiment;
  experimentFile: string | null;
  /** Folder to store the runs in; made when it is missing. */
  runsDirectory: string;
  mediaDirectory: string;
  /** Version of G2RL Lab. */
  version: string;
  parent?: { run: string; checkpoint: string } | null;
  /** What a torch run trains on and with, as its environment was found. */
  torch?: { device: string; versions: Record<string, string> };
  /** Id of a run in the same folder whose end its trainer waits for. */
  after?: string | undefined;
  /** It is started by its own script, not from here. */
  waits?: boolean;
  /** Why the engine that the experiment left open is this one. */
  engineReason?: string;
  /** The study that begins it. */
  study?: RunManifest['study'];
}

export interface CreatedRun {
  id: string;
  directory: string;
}

/** A trainer cannot be started, for a reason that is not a file. */
export class LaunchError extends KnownError {
  override readonly name = 'LaunchError';
}

/** Makes the directory of a new run with its `run.json`. It appears whole. @throws {RunFileError} */
export async function createRun(options: CreateRunOptions): Promise<CreatedRun> {
  const { experiment, experimentFile, torch, engineReason } = options;
  const [checksum, git] = await Promise.all([
    // A model of the hub has no folder.
    isAbsolute(experiment.policy) ? policyChecksum(experiment.policy) : '',
    gitState(dirname(experimentFile ?? options.runsDirectory)),
  ]);
  const now = new Date();
  const id = createRunId(experiment.name, now);
  const manifest: RunManifest = {
    schema: RUN_SCHEMA_VERSION,
    id,
    name: experiment.name,
    createdAt: now.toISOString(),
    experiment,
    experimentFile: experimentFile === null ? null : resolve(experimentFile),
    engine: experiment.engine === 'torch' ? 'torch' : 'embedded',
    ...(engineReason !== undefined && { engineReason }),
    device: torch?.device ?? processorText(experiment.threads),
    policyChecksum: checksum,
    versions: { ...versions(options), ...torch?.versions },
    git,
    seed: experiment.seed,
    parent: options.parent ?? null,
    ...(options.after !== undefined && { after: options.after }),
    ...(options.waits && { waits: true }),
    ...(options.study && { study: options.study }),
  };
  const root = resolve(options.runsDirectory);
  const directory = join(root, id);
  const beside = join(root, folderBeside(id));
  removeUnfinishedRuns(root);
  try {
    makeFolder(root);
    for (const folder of [runFiles.rollouts, runFiles.checkpoints, runFiles.control]) {
      makeFolder(join(beside, folder));
    }
    atomicWriteJson(join(beside, runFiles.manifest), manifest);
    renameSync(beside, directory);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    throw notCreated(error, directory);
  }
  return { id, directory };
}

/** There is no run yet that could be resumed. */
function notCreated(error: unknown, directory: string): RunFileError {
  const failure = runFileError(error, 'created', directory);
  if (!['ENOSPC', 'EDQUOT'].includes(errorCode(failure.cause) ?? '')) return failure;
  const hint =
    'The disk or its quota is full, and the run was not made. Free some space, then start it again.';
  return new RunFileError(failure.message, hint, failure.file, { cause: error });
}

/** Commit of the repository around a folder, or null when there is none or git is not installed. */
async function gitState(folder: string): Promise<RunManifest['git']> {
  const git = async (...parameters: string[]) => {
    const { stdout } = await execute('git', ['-C', folder, ...parameters], { timeout: 10_000 });
    return stdout.trim();
  };
  try {
    const commit = await git('rev-parse', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return { commit, dirty: changes !== '' };
  } catch {
    return null;
  }
}

function versions({ version, mediaDirectory }: CreateRunOptions): Record<string, string> {
  const found: Record<string, string> = { 'g2rl-lab': version, node: process.versions.node };
  try {
    const file = join(mediaDirectory, '..', 'node_modules', 'onnxruntime-node', 'package.json');
    const { version: onnxRuntime } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    if (typeof onnxRuntime === 'string') found['onnxruntime-node'] = onnxRuntime;
  } catch {
    // Installed elsewhere; the trainer's log names it.
  }
  return found;
}

/** @throws {LaunchError} when the program of every trainer process is not where it should be */
export function requireTrainer(trainerPath: string): void {
  if (existsSync(trainerPath)) return;
  throw new LaunchError(`The trainer is missing: ${trainerPath}.`, 'Reinstall G2RL Lab, or build it again.');
}

export interface StartOptions {
  /** `dist/trainer.cjs`. */
  trainerPath: string;
  /** The program that runs it; the one that runs this, unless given. In the editor's own process it acts as Node. */
  nodePath?: string;
  /** Needed by runs of the torch engine, and by rewards in Python. */
  torch?: TorchPlace;
  /** Where the embedded engine computes, instead of what the experiment asks. */
  device?: RequestedDevice;
  /** Variables that it gets besides those of this process. */
  environment?: Readonly<Record<string, string>>;
  /** Called when a process that cannot be seen from here is waited for, with what is waited for. */
  onWait?: OnWait;
}

/**
 * Starts the trainer of a run, new or resumed, in its own process group, and does not wait for it. A run that ended
 * early continues from its newest valid checkpoint, which the trainer finds.
 * @throws {LaunchError} when a process works on that run already or the trainer cannot be started.
 * @throws {RunFileError}
 */
export async function startTrainer(runDirectory: string, options: StartOptions): Promise<ProcessIdentity> {
  const directory = resolve(runDirectory);
  const { trainerPath } = options;
  requireTrainer(trainerPath);
  if (!existsSync(join(directory, runFiles.manifest))) {
    throw new LaunchError(`${directory} is not a run: it has no run.json.`, 'Specify the folder of a run.');
  }
  const { worker, silent } = await lastingWorker(directory, options.onWait);
  if (worker) throw alreadyRunning(directory, worker);
  const owner = takeLock(directory, silent);
  if (owner) throw alreadyRunning(directory, owner);
  removeTemporaryFiles(directory);
  let identity: ProcessIdentity;
  try {
    identity = await spawnTrainer(directory, options);
  } catch (error) {
    releaseLock(directory);
    throw error;
  }
  try {
    giveLock(directory, identity);
  } catch {
    // It trains, and takes the lock itself: that it may fail to do so, on a full disk, its log says.
  }
  return identity;
}

function alreadyRunning(directory: string, worker: ProcessIdentity): LaunchError {
  const who = isHere(worker) ? `Process ${worker.pid}` : `A process ${placeOf(worker)}`;
  return new LaunchError(
    `${who} works on this run already: ${directory}.`,
    'Stop it first, or watch it: there is nothing to start.',
  );
}

async function spawnTrainer(
  directory: string,
  { trainerPath, nodePath = process.execPath, torch, device, environment }: StartOptions,
): Promise<ProcessIdentity> {
  // An old request must not stop the new process.
  rmSync(join(directory, runFiles.stopRequest), { force: true });
  const log = openToAppend(join(directory, runFiles.log));
  try {
    const request = { directory, ...(torch && { torch }), ...(device && { device }) };
    const child = spawn(nodePath, [trainerPath, 'run', JSON.stringify(request)], {
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
      cwd: dirname(trainerPath),
      env: { ...trainerEnvironment(), ...environment },
    });
    await new Promise<void>((done, fail) => {
      child.once('spawn', done);
      child.once('error', (error) => {
        const hint = openFilesHint(error) ?? 'Check the Node program that G2RL Lab is set to use.';
        fail(new LaunchError(`${nodePath} cannot be started (${error.message}).`, hint));
      });
    });
    child.unref();
    const pid = child.pid!;
    // Already gone: its log says why; the empty time makes the lock a stale one.
    return identityOf(pid);
  } finally {
    closeSync(log);
  }
}

/**
 * glibc keeps freed memory for the next pass of a graph instead of giving it back to the system and asking for it again,
 * which takes 12 % of an update. The thresholds hold for its main arena alone, which the engine's thread shares then;
 * arrays above 32 MiB, of large models, are given back. Other systems do not read it.
 */
const keepsMemory = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '2000000000',
  MALLOC_MMAP_THRESHOLD_: '33554432',
};

/** The environment in which this process's own program runs a bundle as Node would, in the editor too. */
export function trainerEnvironment(): NodeJS.ProcessEnv {
  const kept = process.platform === 'linux' ? keepsMemory : {};
  if (!process.versions.electron) return { ...kept, ...process.env };
  // The editor's own debugging options would also affect the trainer.
  const { NODE_OPTIONS, VSCODE_INSPECTOR_OPTIONS, ...environment } = process.env;
  return { ...kept, ...environment, ELECTRON_RUN_AS_NODE: '1' };
}
