/** The thread that judges the responses of one run again: an editor's extensions go on meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorReport, reportOf } from '../../errors.js';
import { type Rejudged, rejudgeRun } from './rejudge.js';

export interface RejudgeTask {
  directory: string;
  dryRun: boolean;
  /** One number: another than 0 gives up between two problems. */
  stop: SharedArrayBuffer;
}

export type RejudgeReply =
  | { type: 'progress'; done: number; total: number }
  | { type: 'result'; result: Rejudged }
  | { type: 'failure'; error: ErrorReport };

const { directory, dryRun, stop } = workerData as RejudgeTask;
const flag = new Int32Array(stop);
const post = (reply: RejudgeReply) => parentPort?.postMessage(reply);

rejudgeRun(directory, {
  dryRun,
  onProgress: (done, total) => {
    post({ type: 'progress', done, total });
    return Atomics.load(flag, 0) === 0;
  },
}).then(
  (result) => post({ type: 'result', result }),
  (error: unknown) => post({ type: 'failure', error: reportOf(error) }),
);
