/** The engine's thread: graphs block it, and the process around it stays responsive. */
import { parentPort, workerData } from 'node:worker_threads';
import { LoadingStopped } from '../benchmarks/index.js';
import { evaluateFolder, pretrain, trainRun } from '../engines/embedded/index.js';
import { KnownError, reportOf } from '../errors.js';
import { runOfCheckpoint } from '../runs/protocol/index.js';
import { RunWriter } from '../runs/write/index.js';
import { StopFlag, type WorkerJob, type WorkerMessage } from './worker-protocol.js';

const send = (message: WorkerMessage) => parentPort?.postMessage(message);

async function work(job: WorkerJob): Promise<void> {
  const stop = new StopFlag(job.stop);
  if (job.kind === 'run') {
    const outcome = await trainRun(job.directory, {
      onProgress: (progress) => send({ type: 'progress', progress }),
      log: (line) => send({ type: 'log', line }),
      stopRequested: () => stop.requested,
    });
    send({ type: 'done', outcome, result: null });
    return;
  }
  if (job.kind === 'pretrain') {
    const result = await pretrain(job.request, (step, total, loss) =>
      send({ type: 'pretraining', step, total, loss }),
    );
    send({ type: 'done', outcome: 'finished', result });
    return;
  }
  const record = await evaluateFolder(
    job.request,
    (done, total) => {
      send({ type: 'evaluating', done, total });
      return !stop.requested;
    },
    { log: (line) => send({ type: 'log', line }), stopRequested: () => stop.requested },
  ).catch((error: unknown) => {
    if (error instanceof LoadingStopped) return null;
    throw error;
  });
  const { folder } = job.request as { folder: string };
  const run = runOfCheckpoint(folder);
  if (record && run !== null) new RunWriter(run).appendBenchmark(record);
  send({ type: 'done', outcome: record ? 'finished' : 'stopped', result: record });
}

work(workerData as WorkerJob).catch((error: unknown) => {
  const known = error instanceof KnownError;
  if (!known && error instanceof Error) send({ type: 'log', line: error.stack ?? error.message });
  send({
    type: 'failed',
    ...reportOf(error, known ? '' : 'Look at log.txt in the run folder for the place in the code.'),
  });
});
