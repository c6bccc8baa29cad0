/** What an engine reports while it works, and what its jobs end with. */
import type { BenchmarkRecord, RunStatus } from '../../runs/protocol/index.js';

/** The parts of `status.json` that an engine knows of. */
export type Progress = Partial<
  Pick<
    RunStatus,
    'state' | 'step' | 'totalSteps' | 'tokens' | 'secondsPerStep' | 'evaluation' | 'checkpointStep'
  >
>;

/** What `pretrain` ends with. */
export interface PretrainResult {
  directory: string;
  steps: number;
  seconds: number;
  loss: number;
  benchmark: BenchmarkRecord | null;
}
