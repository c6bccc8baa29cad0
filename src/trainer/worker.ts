/** The embedded engine's thread: graphs block it, and the process around it stays responsive. */
import { parentPort, workerData } from 'node:worker_threads';
import { isFault, reportOf } from '../errors.js';
import { resourceHint } from '../runs/protocol/index.js';
import { loadEngine } from './load-engine.js';
import {
  StopFlag,
  type WorkerJob,
  type WorkerMessage,
  type WorkKind,
  type Works,
} from './worker-protocol.js';

interface Hooks<Kind extends WorkKind> {
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
    run: trainRun,
    evaluate: ({ request, run }, hooks) => evaluateFolder(request, run, hooks),
    pretrain: (request, { onProgress }) => pretrain(request, onProgress),
    merge: mergeFolder,
  };
}

async function work<Kind extends WorkKind>({ kind, input, stop }: WorkerJob<Kind>): Promise<void> {
  const send = (message: WorkerMessage<Kind>) => parentPort?.postMessage(message);
  const flag = new StopFlag(stop);
  try {
    const works = await loadWorks();
    const result = await works[kind](input, {
      onProgress: (...progress) => send({ type: 'progress', progress }),
      log: (line) => send({ type: 'log', line }),
      stopRequested: () => flag.requested,
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

void work(workerData as WorkerJob<WorkKind>);
