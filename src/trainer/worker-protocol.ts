/** What the engine's thread and the process around it send each other. */
import type {
  EvaluationRequest,
  MergeRequest,
  MergeResult,
  PretrainRequest,
  PretrainResult,
  Progress,
  RunToTrain,
} from '../engines/contract/index.js';
import type { ErrorReport } from '../errors.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';

/** Each kind of work: what it is given, what its `onProgress` is called with, and what it ends with. */
export interface Works {
  run: { input: RunToTrain; progress: [progress: Progress]; result: 'finished' | 'stopped' };
  evaluate: {
    input: { request: EvaluationRequest; run: string | null };
    progress: [done: number, total: number];
    result: BenchmarkRecord | null;
  };
  pretrain: {
    input: PretrainRequest;
    progress: [step: number, total: number, loss: number];
    result: PretrainResult;
  };
  merge: { input: MergeRequest; progress: []; result: MergeResult };
}
export type WorkKind = keyof Works;

/** What the thread is to do. */
export interface WorkerJob<Kind extends WorkKind> {
  kind: Kind;
  input: Works[Kind]['input'];
  stop: SharedArrayBuffer;
}

export type WorkerMessage<Kind extends WorkKind> =
  | { type: 'progress'; progress: Works[Kind]['progress'] }
  /** One line for the log. */
  | { type: 'log'; line: string }
  | { type: 'done'; result: Works[Kind]['result'] }
  | { type: 'failed'; error: ErrorReport };

/** A request to stop, shared by the two threads: a thread that runs a graph reads no messages. */
export class StopFlag {
  readonly #flag: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.#flag = new Int32Array(buffer);
  }

  request(): void {
    Atomics.store(this.#flag, 0, 1);
  }

  get requested(): boolean {
    return Atomics.load(this.#flag, 0) === 1;
  }
}
