/** Judging again beside the thread that asks: thousands of long responses take seconds. */
import { Worker } from 'node:worker_threads';
import type { Rejudged, RejudgeReply, RejudgeTask } from '../actions/results/index.js';
import { KnownError } from '../errors.js';

interface RejudgeAside {
  directory: string;
  dryRun: boolean;
  onProgress: (done: number, total: number) => void;
  signal: AbortSignal;
}

/** @param file the bundle of `rejudge-worker.ts` @throws KnownError */
export function rejudgeAside(
  file: string,
  { directory, dryRun, onProgress, signal }: RejudgeAside,
): Promise<Rejudged> {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const giveUp = () => Atomics.store(new Int32Array(stop), 0, 1);
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  const workerData: RejudgeTask = { directory, dryRun, stop };
  return new Promise<Rejudged>((resolve, reject) => {
    const worker = new Worker(file, { workerData });
    worker.on('message', (reply: RejudgeReply) => {
      if (reply.type === 'progress') onProgress(reply.done, reply.total);
      else if (reply.type === 'result') resolve(reply.result);
      else reject(new KnownError(reply.error.message, reply.error.hint));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`The thread that judges again ended with code ${code}.`)));
  }).finally(() => signal.removeEventListener('abort', giveUp));
}
