/** The runner's process: starting it, and stopping it. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { trainerEnvironment } from '../../runs/control/index.js';
import { livingOwner, runFileError, type StopRequest } from '../../runs/protocol/index.js';
import { requestStop } from '../../runs/write/index.js';
import { readStudy, type ShownStudyState, type StudyFolder, studyFiles } from '../folder/index.js';
import { refuseIfRunning, StudyError } from './begin.js';

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
 * @throws {StudyError} when another one has it, or it ends at once
 */
export async function startRunner(study: StudyFolder, { runnerPath, ...place }: RunnerPlace): Promise<void> {
  const { directory } = study;
  refuseIfRunning(study);
  if (!existsSync(runnerPath))
    throw new StudyError(`The runner is missing: ${runnerPath}.`, 'Reinstall G2RL Lab.');
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
    let ended = false;
    child.once('error', () => {
      ended = true;
    });
    child.once('exit', () => {
      ended = true;
    });
    child.unref();
    const end = Date.now() + startMilliseconds;
    while (!ended && Date.now() < end && livingOwner(directory)?.pid !== child.pid)
      await sleep(pollMilliseconds);
    // One that has nothing to do is through at once.
    const { status, state } = await readStudy(directory);
    if (ended && status?.pid !== child.pid) {
      refuseIfRunning({ ...study, state, status });
      throw new StudyError('The runner of the study ended at once.', `Look at ${logFile}.`);
    }
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
