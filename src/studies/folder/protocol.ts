/**
 * The study folder, schema 1: `<workspace>/.g2rl/studies/<id>/`, a process and a folder of the same kind as a run.
 *
 * | File          | What                                                                   |
 * | ------------- | ---------------------------------------------------------------------- |
 * | `study.json`  | the study as it was begun, and as it was extended since                |
 * | `status.json` | state, heartbeat and counts; replaced by the runner at least every 2 s |
 * | `runs.jsonl`  | one line for each run that was begun or adopted                        |
 * | `control/`    | a request to stop, and the lock of the runner                          |
 * | `log.txt`     | what the runner did                                                    |
 *
 * Readers ignore unknown fields. Which run belongs to which variant, seed and point also stands in the `study` of each
 * run's own `run.json`.
 */
import { dirname, join, resolve } from 'node:path';
import { type JsonObject, type ProcessIdentity, runFiles } from '../../runs/protocol/index.js';
import type { GridPoint, LoadedStudy } from '../plan/index.js';

export const STUDY_FOLDER_SCHEMA_VERSION = 1;

export const studyFiles = {
  manifest: 'study.json',
  status: runFiles.status,
  runs: 'runs.jsonl',
  control: runFiles.control,
  stopRequest: runFiles.stopRequest,
  log: runFiles.log,
} as const;

/** Studies are kept beside the runs. */
export const studiesDirectoryOf = (runsDirectory: string): string =>
  join(dirname(resolve(runsDirectory)), 'studies');

/** `study.json`. */
export interface StudyManifest {
  schema: number;
  id: string;
  name: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Absolute path of the study file. */
  file: string;
  study: LoadedStudy['study'];
  /** Absolute path of the experiment, and its text when the study was begun or extended. */
  experimentFile: string;
  experimentText: string;
  runsDirectory: string;
  /** Of all its runs: scores of two engines do not differ by the method alone. */
  engine: 'embedded' | 'torch';
  /** Threads of each run where the experiment leaves them open: what the cores give to runs side by side. 0: all. */
  threads: number;
}

/** What a study's runner is doing. */
export type StudyState = 'running' | 'stopping' | 'finished' | 'stopped' | 'failed';

/** `status.json`: what it shares with that of a run has the same names, so that who works on it is told in the same way. */
export interface StudyStatus extends ProcessIdentity {
  schema: number;
  state: StudyState;
  /** ISO 8601, UTC. */
  heartbeat: string;
  startedAt: string;
  /** Runs of the study. */
  totalSteps: number;
  /** Runs that have finished. */
  step: number;
  /** Runs that failed twice. */
  failed: number;
  error: { message: string; hint: string } | null;
}

/** A line of `runs.jsonl`. The last line of a run's key counts. */
export interface StudyRunRecord {
  variant: string;
  point: GridPoint;
  seed: number;
  /** Name of its folder among the runs. */
  run: string;
  /** `adopted`: it was there before, outside of the study, and is the same experiment with the same seed. */
  how: 'begun' | 'adopted';
  /** Unix time, seconds. */
  time: number;
}

export function isStudyRunRecord(value: JsonObject): boolean {
  const { variant, point, seed, run } = value;
  return (
    typeof variant === 'string' &&
    typeof point === 'object' &&
    point !== null &&
    Number.isInteger(seed) &&
    typeof run === 'string'
  );
}
