import { experimentSchema } from '../../../src/experiment/schema.js';
import type { BenchmarkRecord, RunStatus, ShownRunState, StepMetrics } from '../../../src/runs/schema.js';
import type { RunSummary } from '../../../src/views/messages.js';
import type { RunView } from '../../../src/views/runView.js';

export function metricsLine(step: number, overrides: Partial<StepMetrics> = {}): StepMetrics {
  return {
    step,
    time: 1_700_000_000 + step,
    reward: -0.5 + step / 100,
    reward_std: 0.5,
    'rewards/accuracy': 0.25 + step / 200,
    loss: 0.01,
    kl: 0.001,
    entropy: 1.2,
    grad_norm: 0.3,
    learning_rate: 1e-4,
    'completions/mean_length': 12,
    'completions/min_length': 5,
    'completions/max_length': 32,
    'completions/clipped_ratio': 0,
    'clip_ratio/low_mean': 0,
    'clip_ratio/high_mean': 0,
    frac_reward_zero_std: 0.1,
    num_tokens: 1000 * step,
    step_time: 1.1,
    tokens_per_second: 3000,
    'time/rollout': 0.5,
    'time/reference': 0.1,
    'time/update': 0.5,
    'g2rl/similarity_mean': 0.4 - step / 500,
    'g2rl/negative_pair_ratio': 0.1,
    'g2rl/exploration_mean': 0.8,
    'g2rl/exploration_min': 0.2,
    'g2rl/exploration_max': 1,
    'g2rl/scaler_mean': 1,
    'g2rl/scaler_min': 0.5,
    'g2rl/scaler_max': 1.5,
    'g2rl/clip_fraction': 0,
    'g2rl/no_signal_before': 0.1,
    'g2rl/no_signal_after': 0.05,
    'g2rl/invalid_groups': 0,
    'g2rl/feature_seconds': 0.01,
    ...overrides,
  };
}

export function benchmarkLine(step: number, pass: number, benchmark = 'countdown-test'): BenchmarkRecord {
  return {
    step,
    benchmark,
    problems: 200,
    samples: 16,
    k: 16,
    temperature: 1,
    pass_at_1: pass,
    pass_at_1_se: 0.012,
    maj_at_k: pass + 0.1,
    pass_at_k: pass + 0.3,
    distinct_at_k: 1.5,
    similarity_mean: 0.2,
    negative_pair_ratio: 0.1,
    mean_length: 12,
    truncated: 0,
    seconds: 4,
    time: 1_700_000_000 + step,
  };
}

export function statusOf(overrides: Partial<RunStatus> = {}): RunStatus {
  return {
    schema: 1,
    state: 'running',
    pid: 4321,
    processStart: '1',
    heartbeat: '2026-01-02T03:04:30.000Z',
    startedAt: '2026-01-02T03:04:05.000Z',
    step: 34,
    totalSteps: 200,
    tokens: 1e5,
    secondsPerStep: 1.1,
    evaluation: null,
    checkpointStep: 25,
    error: null,
    ...overrides,
  };
}

export interface RunOptions {
  id?: string;
  state?: ShownRunState;
  status?: Partial<RunStatus> | null;
  name?: string;
  createdAt?: string;
  experimentFile?: string | null;
  pinned?: boolean;
  notes?: string;
  notice?: string;
  skippedLines?: Record<string, number>;
  checkpointSteps?: number[];
  steps?: number;
  benchmarks?: BenchmarkRecord[];
}

export function runOf(options: RunOptions = {}): RunView {
  const id = options.id ?? '20260102-030405-countdown-ab12';
  const summary: RunSummary = {
    id,
    name: options.name ?? 'countdown',
    manifest: {
      schema: 1,
      id,
      name: options.name ?? 'countdown',
      createdAt: options.createdAt ?? '2026-01-02T03:04:05.000Z',
      experiment: experimentSchema.parse({ name: 'countdown' }),
      experimentFile: options.experimentFile === undefined ? '/home/me/a.g2rl.json' : options.experimentFile,
      engine: 'embedded',
      device: 'CPU, 2 threads',
      policyChecksum: '00',
      versions: {},
      git: null,
      seed: 0,
      parent: null,
      ...(options.pinned === undefined ? {} : { pinned: options.pinned }),
      ...(options.notes === undefined ? {} : { notes: options.notes }),
    },
    state: options.state ?? 'running',
    status: options.status === null ? null : statusOf(options.status),
    checkpoints: (options.checkpointSteps ?? [25]).map((step) => ({
      step,
      path: `/runs/${id}/checkpoints/${step}`,
    })),
    skippedLines: options.skippedLines ?? {},
    notice: options.notice ?? null,
  };
  return {
    summary,
    metrics: Array.from({ length: options.steps ?? 34 }, (_, index) => metricsLine(index + 1)),
    benchmarks: options.benchmarks ?? [benchmarkLine(0, 0.4), benchmarkLine(25, 0.523)],
  };
}
