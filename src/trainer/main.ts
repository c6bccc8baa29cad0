/**
 * The trainer process: `run <run directory>`, `evaluate <json>` or `pretrain <json>`. The embedded engine works in a
 * thread; this one keeps the heartbeat, watches for requests to stop, and owns `status.json`. Runs of the torch engine
 * are handed to the launcher.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runOfCheckpoint } from '../engines/embedded/evaluate-folder.js';
import { evaluateTorch, runTorch } from '../engines/torch/run/index.js';
import { errorText } from '../errors.js';
import { initialStatus, RunWriter, readManifest, runFiles } from '../runs/index.js';
import { claimLock } from '../runs/protocol/lock.js';
import type { RunState, RunStatus } from '../runs/protocol/schema.js';
import { endAtOnce } from './end-at-once.js';
import { runJob } from './job-process.js';
import { startWorker } from './start-worker.js';
import { StopFlag, type WorkerMessage } from './worker-protocol.js';

const heartbeatMilliseconds = 1000;
const stopPollMilliseconds = 200;

/** A run's process. Resolves with the exit code when the run is over. */
function run(directory: string): Promise<number> {
  const writer = new RunWriter(directory);
  const stop = new StopFlag();
  let status = initialStatus();
  const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

  const write = (change: Partial<RunStatus>) => {
    status = { ...status, ...change, heartbeat: new Date().toISOString() };
    try {
      writer.writeStatus(status);
    } catch (error) {
      // The disk may be full, or the folder gone: the engine's own writes tell; here it is only noted.
      log(`status.json: ${errorText(error)}`);
    }
  };

  return new Promise((finish) => {
    let over = false;
    write({});
    const worker = startWorker({ kind: 'run', directory, stop: stop.buffer });
    const end = (state: RunState, error: RunStatus['error']) => {
      if (over) return;
      over = true;
      clearInterval(heartbeat);
      clearInterval(poll);
      write({ state, error, evaluation: null });
      if (error) log(`${error.message} ${error.hint}`);
      log(state);
      writer.clearStopRequest();
      finish(state === 'failed' ? 1 : 0);
    };
    const requestStop = (now: boolean) => {
      if (now) {
        end('stopped', null);
        endAtOnce();
      } else if (!stop.requested) {
        stop.request();
        write({ state: 'stopping' });
      }
    };
    const heartbeat = setInterval(() => write({}), heartbeatMilliseconds);
    const poll = setInterval(() => {
      const request = readRequest(writer, log);
      if (request) requestStop(request === 'now');
    }, stopPollMilliseconds);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // The second one means it.
      process.on(signal, () => requestStop(stop.requested && signal === 'SIGTERM'));
    }
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'log') log(message.line);
      else if (message.type === 'progress') {
        const { state, ...rest } = message.progress;
        // Once asked to stop, the run says so until it has.
        write(state && !stop.requested ? message.progress : rest);
      } else if (message.type === 'failed') {
        end('failed', { message: message.message, hint: message.hint });
      } else if (message.type === 'done') end(message.outcome, null);
    });
    const crashed = (reason: string) =>
      end('failed', { message: reason, hint: 'Look at log.txt in the run folder, then resume the run.' });
    worker.on('error', (error) => crashed(`The engine crashed: ${errorText(error)}`));
    worker.on('exit', (code) => crashed(`The engine ended unexpectedly with code ${code}.`));
  });
}

function readRequest(writer: RunWriter, log: (line: string) => void): 'checkpoint' | 'now' | null {
  try {
    return writer.readStopRequest()?.mode ?? null;
  } catch (error) {
    log(errorText(error));
    return null;
  }
}

/** Whether another process works on the run. Whatever became of the launcher, one trainer works on it and no other. */
function isTaken(directory: string): boolean {
  if (!existsSync(join(directory, runFiles.manifest))) return false;
  try {
    const owner = claimLock(directory);
    if (owner) process.stdout.write(`Process ${owner.pid} works on this run already: ${directory}.\n`);
    return owner !== null;
  } catch (error) {
    // A disk that takes no lock: the first thing that is written for the run says so where people see it.
    process.stdout.write(`${errorText(error)}\n`);
    return false;
  }
}

/** The torch run whose checkpoint is to be evaluated with its own engine, as far as a Python for it is given. */
async function torchRunOf(request: unknown): Promise<string | null> {
  if (!process.env.G2RL_PYTHON || typeof request !== 'object' || request === null) return null;
  const folder = 'folder' in request && typeof request.folder === 'string' ? request.folder : '';
  const run = runOfCheckpoint(folder);
  const manifest = run === null ? null : await readManifest(run).catch(() => null);
  return manifest?.engine === 'torch' ? run : null;
}

async function main(): Promise<number> {
  const [mode, argument] = process.argv.slice(2);
  if (mode === 'run' && argument) {
    const directory = resolve(argument);
    // log.txt on a full disk: a process that ends of its own words would not tell why the run has ended.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    if (isTaken(directory)) return 1;
    // What cannot be read is told by the engine, where it belongs.
    const engine = await readManifest(directory).then(
      (manifest) => manifest.engine,
      () => 'embedded',
    );
    return engine === 'torch' ? runTorch(directory) : run(directory);
  }
  if ((mode === 'evaluate' || mode === 'pretrain') && argument) {
    const request: unknown = JSON.parse(argument);
    const torchRun = mode === 'evaluate' ? await torchRunOf(request) : null;
    return torchRun === null ? runJob(mode, request) : evaluateTorch(request, torchRun);
  }
  process.stderr.write('Usage: trainer run <run directory> | evaluate <json> | pretrain <json>\n');
  return 2;
}

void main().then((code) => {
  process.exit(code);
});
