/**
 * The process of a torch run on this machine: prepares its problems, starts Python, and stays until it has ended, so
 * that a run always has a last word, whatever becomes of Python. In between Python writes everything.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LoadingStopped } from '../../../benchmarks/index.js';
import { InputError, reasonOf, reportOf } from '../../../errors.js';
import type { Experiment } from '../../../experiment/index.js';
import { hasEnded } from '../../../runs/facts/index.js';
import {
  atomicWrite,
  type RunStatus,
  readManifest,
  readStatus,
  runFiles,
} from '../../../runs/protocol/index.js';
import { initialStatus, RunWriter, requestStop } from '../../../runs/write/index.js';
import { ownAccelerateConfig } from './accelerate.js';
import { type TorchCommand, torchCommand } from './command.js';
import { explainEnd, type ProcessEnd } from './explain-end.js';
import { LoadingBeats } from './loading-beats.js';
import { prepareProblems } from './problems.js';

const HEARTBEAT_MILLISECONDS = 1000;

/** Beside the bundle that runs this. */
export const torchPackage = join(dirname(process.argv[1] ?? '.'), '..', 'src', 'torch');

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

/** Resolves with the exit code when the run is over. */
export async function runTorch(directory: string): Promise<number> {
  const writer = new RunWriter(directory);
  let status = initialStatus();
  const write = (change: Partial<RunStatus>) => {
    status = { ...status, ...change, heartbeat: new Date().toISOString() };
    try {
      writer.writeStatus(status);
    } catch (error) {
      log(reasonOf(error));
    }
  };
  const end = (state: RunStatus['state'], error: RunStatus['error'] = null): number => {
    write({ state, error, evaluation: null });
    if (error) log(`${error.message} ${error.hint}`);
    log(state);
    clearRequest(writer);
    return state === 'failed' ? 1 : 0;
  };
  obeySignals(directory);
  write({});
  const heartbeat = setInterval(() => write({}), HEARTBEAT_MILLISECONDS);
  try {
    const { experiment } = await readManifest(directory);
    const stopRequested = () => writer.readStopRequest() !== null;
    await prepareProblems(directory, experiment, { log, stopRequested });
    if (stopRequested()) return end('stopped');
    const python = process.env.G2RL_PYTHON;
    if (!python || !existsSync(torchPackage)) {
      throw new InputError('There is no Python for the torch engine.', 'Run "G2RL: Set Up GPU Engine".');
    }
    const command = torchCommand(experiment, {
      python,
      packageFolder: torchPackage,
      runDirectory: directory,
      parent: process.pid,
      pythonPath: process.env.PYTHONPATH,
    });
    layOutAccelerate(directory, experiment);
    clearInterval(heartbeat);
    const logStart = sizeOfLog(directory);
    const how = await beatingMeanwhile(directory, status, () => runPython(command));
    // Python's own last word goes before what can be seen from outside.
    const last = await readStatus(directory).catch(() => null);
    if (last && hasEnded(last.state)) {
      clearRequest(writer);
      return last.state === 'failed' ? 1 : 0;
    }
    if (last) status = last;
    return end('failed', explainEnd(how, tailOfLog(directory, logStart)));
  } catch (error) {
    if (error instanceof LoadingStopped) return end('stopped');
    return end('failed', reportOf(error, 'Look at log.txt in the run folder.'));
  } finally {
    clearInterval(heartbeat);
  }
}

/** Until Python writes, which with several processes is long after its start, this process tells that the run is alive. */
async function beatingMeanwhile(
  directory: string,
  status: RunStatus,
  python: () => Promise<ProcessEnd>,
): Promise<ProcessEnd> {
  const beats = new LoadingBeats(directory);
  const timer = setInterval(() => {
    if (!beats.beat({ ...status, heartbeat: new Date().toISOString() })) clearInterval(timer);
  }, HEARTBEAT_MILLISECONDS);
  try {
    return await python();
  } finally {
    clearInterval(timer);
    beats.end();
  }
}

/** What accelerate reads must be there: the person's configuration, else one in the run's folder. */
function layOutAccelerate(directory: string, { torch }: Experiment): void {
  const { accelerateConfig, processes } = torch;
  if (accelerateConfig !== undefined && !existsSync(accelerateConfig)) {
    throw new InputError(
      `torch.accelerateConfig: there is no file ${accelerateConfig} any more.`,
      'Put it back, then resume the run.',
    );
  }
  if (accelerateConfig === undefined && processes > 1) {
    atomicWrite(join(directory, runFiles.accelerate), ownAccelerateConfig);
  }
}

/** A signal to this process alone becomes a request; one to the group reaches Python as well, which does the same. */
function obeySignals(directory: string): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    let before = 0;
    process.on(signal, () => {
      before++;
      try {
        requestStop(directory, signal === 'SIGTERM' && before > 1 ? 'now' : 'checkpoint');
      } catch (error) {
        log(reasonOf(error));
      }
    });
  }
}

function clearRequest(writer: RunWriter): void {
  try {
    writer.clearStopRequest();
  } catch (error) {
    log(reasonOf(error));
  }
}

/** In this process's group, with its log: what stops the group stops Python. */
function runPython({ program, parameters, environment, folder }: TorchCommand): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      stdio: ['ignore', 'inherit', 'inherit'],
      windowsHide: true,
      env: { ...process.env, ...environment },
      ...(folder !== undefined && { cwd: folder }),
    });
    child.once('error', (error) => resolve({ code: null, signal: null, spawnError: error.message }));
    child.once('exit', (code, signal) => resolve({ code, signal, spawnError: null }));
  });
}

function sizeOfLog(directory: string): number {
  try {
    const file = openSync(join(directory, runFiles.log), 'r');
    try {
      return fstatSync(file).size;
    } finally {
      closeSync(file);
    }
  } catch {
    return 0;
  }
}

/** The last kilobytes that were written since. */
function tailOfLog(directory: string, start: number): string {
  try {
    const file = openSync(join(directory, runFiles.log), 'r');
    try {
      const { size } = fstatSync(file);
      const buffer = Buffer.alloc(Math.min(64 * 1024, Math.max(0, size - start)));
      readSync(file, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
