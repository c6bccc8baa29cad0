/** The runner's process: starting it, and stopping it. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastingWorker, type OnWait, trainerEnvironment } from '../../runs/control/index.js';
import {
  giveLock,
  identityOf,
  isSameProcess,
  type ProcessIdentity,
  releaseLock,
  runFileError,
  type StopRequest,
  sightOf,
  takeLock,
} from '../../runs/protocol/index.js';
import { requestStop } from '../../runs/write/index.js';
import { readStudy, type ShownStudyState, type StudyFolder, studyFiles } from '../folder/index.js';
import { alreadyRunning, StudyError } from './begin.js';

export interface RunnerPlace {
  /** `dist/study.cjs`. */
  runnerPath: string;
  trainerPath: string;
  mediaDirectory: string;
  torchPackage: string;
  version: string;
  python?: { path: string; source: string } | undefined;
}

const startMilliseconds = 15_000;
const pollMilliseconds = 100;

/**
 * Starts the runner in a process group of its own, and returns when it has the study in hand.
 * @throws {StudyError} when another one has it, here or elsewhere
 */
export async function startRunner(
  study: StudyFolder,
  { runnerPath, ...place }: RunnerPlace,
  onWait?: OnWait,
): Promise<void> {
  const { directory } = study;
  if (!existsSync(runnerPath)) {
    throw new StudyError(`The runner is missing: ${runnerPath}.`, 'Reinstall G2RL Lab, or build it again.');
  }
  const { worker, silent } = await lastingWorker(directory, onWait);
  const owner = worker ?? takeLock(directory, silent);
  if (owner) throw alreadyRunning(study, owner);
  let runner: ProcessIdentity;
  try {
    runner = await spawnRunner(directory, runnerPath, place);
  } catch (error) {
    releaseLock(directory);
    throw error;
  }
  giveLock(directory, runner);
  // Its first word: before it, the status is that of the last one.
  const end = Date.now() + startMilliseconds;
  while (Date.now() < end && sightOf(runner) === 'alive') {
    const { status } = await readStudy(directory);
    if (status && isSameProcess(status, runner)) return;
    await sleep(pollMilliseconds);
  }
}

async function spawnRunner(
  directory: string,
  runnerPath: string,
  place: Omit<RunnerPlace, 'runnerPath'>,
): Promise<ProcessIdentity> {
  // An old request must not stop the new process.
  rmSync(join(directory, studyFiles.stopRequest), { force: true });
  const logFile = join(directory, studyFiles.log);
  let log: number;
  try {
    log = openSync(logFile, 'a');
  } catch (error) {
    throw runFileError(error, 'written', logFile);
  }
  try {
    const child = spawn(process.execPath, [runnerPath, JSON.stringify({ directory, ...place })], {
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
      cwd: dirname(runnerPath),
      env: trainerEnvironment(),
    });
    await new Promise<void>((done, fail) => {
      child.once('spawn', done);
      child.once('error', (error) => {
        const hint = 'Check the Node program that G2RL Lab is set to use.';
        fail(new StudyError(`${process.execPath} cannot be started (${error.message}).`, hint));
      });
    });
    child.unref();
    return identityOf(child.pid!);
  } finally {
    closeSync(log);
  }
}

/** Asks the runner to stop its runs, with checkpoints, and waits until it has. @throws {StudyError} */
export async function stopStudy(
  { directory, state }: StudyFolder,
  { mode = 'checkpoint', patience = 300_000 }: { mode?: StopRequest['mode']; patience?: number } = {},
): Promise<ShownStudyState> {
  if (state !== 'running' && state !== 'stopping') return state;
  requestStop(directory, mode);
  const end = Date.now() + patience;
  while (Date.now() < end) {
    await sleep(pollMilliseconds);
    const now = await readStudy(directory);
    if (now.state !== 'running' && now.state !== 'stopping') return now.state;
  }
  throw new StudyError(
    `The study in ${directory} has not stopped yet.`,
    'Its runs may still finish their step; stop them one by one, or with --now.',
  );
}
