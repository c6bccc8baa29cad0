/** The embedded engine's thread: graphs block it, and the process around it stays responsive. */
import { join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { type DeviceHooks, deviceTestRequestSchema, parseRequest } from '../engines/contract/index.js';
import { chooseDevice } from '../engines/devices/index.js';
import { isFault, reportOf } from '../errors.js';
import { whileWatched } from '../hub/index.js';
import { resourceHint } from '../runs/protocol/index.js';
import { loadEngine } from './load-engine.js';
import {
  StopFlag,
  type WorkerJob,
  type WorkerMessage,
  type WorkKind,
  type Works,
} from './worker-protocol.js';

interface Hooks<Kind extends WorkKind> extends DeviceHooks {
  onProgress(...progress: Works[Kind]['progress']): void;
  log(line: string): void;
  stopRequested(): boolean;
}

type WorkOf = {
  [Kind in WorkKind]: (input: Works[Kind]['input'], hooks: Hooks<Kind>) => Promise<Works[Kind]['result']>;
};

async function loadWorks(): Promise<WorkOf> {
  const { evaluateFolder, mergeFolder, pretrain, trainRun } = await loadEngine();
  return {
    run: (input, hooks) => trainRun(input, hooks, join(__dirname, 'reward-guard.cjs')),
    evaluate: ({ request, run }, hooks) => evaluateFolder(request, run, hooks),
    pretrain,
    merge: mergeFolder,
  };
}

async function work<Kind extends WorkKind>({ kind, input, stop }: WorkerJob<Kind>): Promise<void> {
  const send = (message: WorkerMessage<Kind>) => parentPort?.postMessage(message);
  const flag = new StopFlag(stop);
  try {
    const works = await loadWorks();
    const watching = {
      log: (line: string) => send({ type: 'log', line }),
      stopRequested: () => flag.requested,
    };
    const result = await works[kind](input, {
      ...watching,
      onProgress: (...progress) => send({ type: 'progress', progress }),
      chooseDevice: (requested, experiment, needs) =>
        whileWatched(watching, ({ signal, cacheDirectory }) =>
          chooseDevice(
            requested,
            experiment,
            { program: __filename, cacheDirectory, ...(signal && { signal }) },
            watching.log,
            needs,
          ),
        ),
    });
    send({ type: 'done', result });
  } catch (error) {
    // A defect of this program: its place in the code is for the log.
    if (isFault(error) && error instanceof Error) {
      send({ type: 'log', line: error.stack ?? error.message });
    }
    send({ type: 'failed', error: reportOf(error, resourceHint(error)) });
  }
}

/** This file as a program: tests the GPU, which may end the process that does it. */
async function testDevice(text: string): Promise<void> {
  const request = parseRequest(deviceTestRequestSchema, text);
  const engine = await loadEngine();
  await engine.testDevice(request, (findings) => process.stdout.write(`${JSON.stringify(findings)}\n`));
  // Drivers may abort while their libraries are unloaded: what was found has been said.
  process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'));
}

if (isMainThread) void testDevice(process.argv[2] ?? '');
else void work(workerData as WorkerJob<WorkKind>);
