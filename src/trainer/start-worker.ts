import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerJob } from './worker-protocol.js';

/** Starts the engine's thread: ONNX Runtime is loaded there and only there. */
export function startWorker(job: WorkerJob): Worker {
  return new Worker(join(__dirname, 'engine-worker.cjs'), { workerData: job });
}
