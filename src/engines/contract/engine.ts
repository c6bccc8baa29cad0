/** What an engine is to the trainer, which owns the process: its status, its signals and its final status. */
import type { RequestedDevice } from '../../experiment/index.js';
import type {
  BenchmarkRecord,
  RunManifest,
  RunStatus,
  StopRequest,
  TorchPlace,
} from '../../runs/protocol/index.js';
import type { EvaluationRequest, PretrainRequest } from './requests.js';

/** The parts of `status.json` that an engine knows of. */
export type Progress = Partial<
  Pick<
    RunStatus,
    'state' | 'device' | 'step' | 'totalSteps' | 'tokens' | 'secondsPerStep' | 'evaluation' | 'checkpointStep'
  >
>;

/** A run directory and its `run.json`. */
export interface RunToTrain {
  directory: string;
  manifest: RunManifest;
  /** Where the embedded engine computes, instead of what the experiment asks. */
  device?: RequestedDevice | undefined;
  /** Where Python is, for rewards in Python. */
  python?: TorchPlace | undefined;
}

/** What `pretrain` ends with. */
export interface PretrainResult {
  directory: string;
  steps: number;
  seconds: number;
  loss: number;
  benchmark: BenchmarkRecord | null;
}

/** What merging adapters ends with. */
export interface MergeResult {
  directory: string;
  /** The policy that the adapters were trained on. */
  base: string;
}

export interface RunHooks {
  onProgress(progress: Progress): void;
  log(line: string): void;
  /** From now on another process writes `status.json` and obeys `control/stop`. */
  handOver(): void;
}

export interface EvaluationHooks {
  /** Problems done, and of how many. */
  onProgress(done: number, total: number): void;
  log(line: string): void;
}

export interface PretrainHooks {
  onProgress(step: number, total: number, loss: number): void;
  log(line: string): void;
}

/** One piece of work at a time. What goes wrong is thrown, as a KnownError where a person can do something about it. */
export interface Engine {
  run(run: RunToTrain, hooks: RunHooks): Promise<'finished' | 'stopped'>;
  /**
   * @param run directory of the run whose checkpoint it is, if it is one
   * @returns null when it was stopped
   */
  evaluate(
    request: EvaluationRequest,
    run: string | null,
    hooks: EvaluationHooks,
  ): Promise<BenchmarkRecord | null>;
  /** Ends the work at the next step or batch, or "now", which may end this whole process. */
  stop(mode: StopRequest['mode']): void;
}

/** An engine that also makes policies. That has no point to stop at: any request ends it at once. */
export interface PretrainingEngine extends Engine {
  pretrain(request: PretrainRequest, hooks: PretrainHooks): Promise<PretrainResult>;
}
