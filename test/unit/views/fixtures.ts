import { experimentSchema } from '../../../src/experiment/schema.js';
import type { RunSummary, RunView } from '../../../src/runs/facts/run-summary.js';
import type { StepMetrics } from '../../../src/runs/metrics/metrics.js';
import type { ShownRunState } from '../../../src/runs/protocol/run-states.js';
import type { BenchmarkRecord, RunStatus } from '../../../src/runs/protocol/schema.js';
import { benchmarkRecord, stepMetrics } from '../runs/records.js';

/** A line of a run that learns: steps differ in what the views show. */
export function metricsLine(step: number, overrides: Partial<StepMetrics> = {}): StepMetrics {
  return {
    ...stepMetrics(step),
    time: 1_700_000_000 + step,
    reward: -0.5 + step / 100,
    'rewards/accuracy': 0.25 + step / 200,
    num_tokens: 1000 * step,
    step_time: 1.1,
    tokens_per_second: 3000,
    'g2rl/similarity_mean': 0.4 - step / 500,
    ...overrides,
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

/** Lines of a run of so many steps. */
export function linesOf(steps = 34): StepMetrics[] {
  return Array.from({ length: steps }, (_, index) => metricsLine(index + 1));
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
    newest: linesOf(options.steps).at(-1) ?? null,
    benchmarks: options.benchmarks ?? [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.523)],
  };
}
