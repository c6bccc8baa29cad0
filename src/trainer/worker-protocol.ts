/** What the engine's worker thread and the process around it tell each other. */
import type { BenchmarkRecord, RunStatus } from '../runs/protocol/schema.js';

/** What the worker is to do. */
export type WorkerJob =
  | { kind: 'run'; directory: string; stop: SharedArrayBuffer }
  | { kind: 'evaluate'; request: unknown; stop: SharedArrayBuffer }
  | { kind: 'pretrain'; request: unknown; stop: SharedArrayBuffer };

/** The parts of `status.json` that the worker knows of. */
export type Progress = Partial<
  Pick<
    RunStatus,
    'state' | 'step' | 'totalSteps' | 'tokens' | 'secondsPerStep' | 'evaluation' | 'checkpointStep'
  >
>;

export type WorkerMessage =
  | { type: 'progress'; progress: Progress }
  /** For the log, a line. */
  | { type: 'log'; line: string }
  | { type: 'evaluating'; done: number; total: number }
  | { type: 'pretraining'; step: number; total: number; loss: number }
  | { type: 'done'; outcome: 'finished' | 'stopped'; result: BenchmarkRecord | PretrainResult | null }
  | { type: 'failed'; message: string; hint: string };

export interface PretrainResult {
  directory: string;
  steps: number;
  seconds: number;
  loss: number;
  benchmark: BenchmarkRecord | null;
}

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
