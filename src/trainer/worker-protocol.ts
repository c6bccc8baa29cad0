/** What the engine's worker thread and the process around it tell each other. */
import type { PretrainResult, Progress } from '../engines/contract/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';

/** What the worker is to do. */
export type WorkerJob =
  | { kind: 'run'; directory: string; stop: SharedArrayBuffer }
  | { kind: 'evaluate'; request: unknown; stop: SharedArrayBuffer }
  | { kind: 'pretrain'; request: unknown; stop: SharedArrayBuffer };

export type WorkerMessage =
  | { type: 'progress'; progress: Progress }
  /** For the log, a line. */
  | { type: 'log'; line: string }
  | { type: 'evaluating'; done: number; total: number }
  | { type: 'pretraining'; step: number; total: number; loss: number }
  | { type: 'done'; outcome: 'finished' | 'stopped'; result: BenchmarkRecord | PretrainResult | null }
  | { type: 'failed'; message: string; hint: string };

/** A request to stop, shared by the two threads: a thread that runs a graph reads no messages. */
export class StopFlag {
  private readonly flag: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.flag = new Int32Array(buffer);
  }

  request(): void {
    Atomics.store(this.flag, 0, 1);
  }

  get requested(): boolean {
    return Atomics.load(this.flag, 0) === 1;
  }
}
