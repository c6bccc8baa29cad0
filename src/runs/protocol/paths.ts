/** Names in a run directory, and the ids of runs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** File and folder names of a run directory, relative to it. */
export const runFiles = {
  manifest: 'run.json',
  status: 'status.json',
  metrics: 'metrics.jsonl',
  groups: 'groups.jsonl',
  benchmarks: 'benchmarks.jsonl',
  rollouts: 'rollouts',
  evaluations: 'evaluations',
  checkpoints: 'checkpoints',
  /** What a torch run asks, written by its launcher. */
  problems: 'problems',
  /** How accelerate starts a torch run without its own configuration. */
  accelerate: 'accelerate.yaml',
  /** Starts and resumes a run that waits for it. */
  batchScript: 'train.sbatch',
  control: 'control',
  stopRequest: join('control', 'stop'),
  /** Beats of a launcher whose Python has not written yet. */
  beats: join('control', 'loading'),
  launchLock: join('control', 'launch.lock'),
  log: 'log.txt',
  /** Event files, where the experiment asks for them. */
  tensorboard: 'tensorboard',
} as const;

/** Where runs are kept under a workspace or the current directory, unless someone says otherwise. */
export const defaultRunsDirectory = join('.g2rl', 'runs');

const stepNamePattern = /^step-(\d{6,})$/;

/** `step-000025`: the name of a checkpoint folder and the stem of a rollout file. */
function stepName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`;
}

/** The step of a name that `stepName` made, else null. */
export function parseStepName(name: string): number | null {
  const digits = stepNamePattern.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function rolloutsFile(runDirectory: string, step: number): string {
  return join(runDirectory, runFiles.rollouts, `${stepName(step)}.jsonl`);
}

/** Responses of an evaluation, relative to the run directory; the benchmark's name made safe for a file. */
export function evaluationFile(step: number, benchmark: string): string {
  return join(runFiles.evaluations, `${stepName(step)}-${benchmark.replace(/[^A-Za-z0-9._-]+/g, '-')}.jsonl`);
}

export function checkpointDirectory(runDirectory: string, step: number): string {
  return join(runDirectory, runFiles.checkpoints, stepName(step));
}

/** `YYYYMMDD-HHMMSS-<name>-<4 hex>`, in UTC so that ids of several machines sort by time. */
export function createRunId(name: string, now: Date = new Date()): string {
  return runIdOf(name, now, randomBytes(2).toString('hex'));
}

/** @param token tells runs of the same name and second apart */
export function runIdOf(name: string, created: Date, token: string): string {
  const time = created
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:]/g, '')
    .replace('T', '-');
  const safeName = name.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64);
  return `${time}-${safeName}-${token}`;
}

/**
 * Whether a path that a file of a folder names stays in that folder, on every system: a policy comes from anyone. Links
 * in the folder are the owner's own, as in the cache of the hub, and are followed.
 */
export function isInside(path: string): boolean {
  if (path.includes('\0') || /^[a-z]:/i.test(path)) return false;
  return path.split(/[\\/]/).every((part) => part !== '' && part !== '.' && part !== '..');
}
