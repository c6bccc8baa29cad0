/** What the pages are shown: runs, groups, texts, scores, and a machine for the torch engine. */

import type { EnvironmentReport } from '../../src/engines/torch/environment/report.js';
import type { ProblemOverview, RunSummary } from '../../src/runs/facts/run-summary.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { ShownRunState } from '../../src/runs/protocol/run-states.js';
import type { EvaluatedProblem, GroupRecord, RolloutRecord } from '../../src/runs/protocol/schema.js';
import { benchmarkRecord } from '../unit/runs/records.js';
import { metricsLine, type RunOptions, runOf } from '../unit/views/fixtures.js';

export { benchmarkRecord, metricsLine };

/** What a text of a model may hold. `shouldRun` is set if it becomes markup. */
export const hostileText = '<img src="x" onerror="document.body.dataset.shouldRun=1"><b>bold</b> & $x$';

export function runSummary(state: ShownRunState = 'running', options: RunOptions = {}): RunSummary {
  return runOf({ ...options, state }).summary;
}

/** Steps 1 to `count` of a run that learns. */
export function metricsLines(count: number, overrides: Partial<StepMetrics> = {}): StepMetrics[] {
  return Array.from({ length: count }, (_, index) => metricsLine(index + 1, overrides));
}

/** A group of m responses, every second one correct; the similarities go from −1 to 1, pair by pair. */
export function group(step: number, number = 0, m = 4, overrides: Partial<GroupRecord> = {}): GroupRecord {
  const each = <Value>(value: (index: number) => Value) =>
    Array.from({ length: m }, (_, index) => value(index));
  const pairs = (m * (m - 1)) / 2;
  return {
    step,
    group: number,
    prompt_id: `p${number}`,
    prompt: `3 4 5 → ${12 + number}`,
    m,
    rewards: each((index) => (index % 2 === 0 ? 1 : -1)),
    shaped: each((index) => (index % 2 === 0 ? 1.25 : -0.75)),
    scalers: each((index) => 0.75 + index / 10),
    exploration: each((index) => (index + 1) / m),
    advantages: each((index) => (index % 2 === 0 ? 0.9 : -0.9)),
    lengths: each((index) => 5 + index),
    answers: each((index) => `3+4+${index}`),
    similarity: Array.from({ length: pairs }, (_, pair) =>
      pairs === 1 ? 0.25 : -1 + (2 * pair) / (pairs - 1),
    ),
    ...overrides,
  };
}

export function rollout(
  step: number,
  overrides: Partial<RolloutRecord['responses'][number]> = {},
): RolloutRecord {
  const responses = [
    { text: '3+4+5', answer: '3+4+5', reward: 1, finished: true, reason: 'reaches 12', ...overrides },
    { text: '3·4', answer: '3·4', reward: -1, finished: true, reason: 'does not use 5' },
    { text: '3+3+3+3+', answer: '', reward: -1, finished: false, reason: 'no answer' },
  ];
  return { step, group: 0, prompt_id: 'p0', prompt: '3 4 5 → 12', responses };
}

/** As many pairs as there are in `problems` groups of 16, around a mean. */
export function similarityHistogram(mean: number, problems = 200): number[] {
  const weights = Array.from({ length: 20 }, (_, bin) =>
    Math.exp(-0.5 * (((bin + 0.5) / 10 - 1 - mean) / 0.22) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => Math.round((weight / sum) * problems * 120));
}

export function problemOverviews(count: number): ProblemOverview[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `algebra/${index}`,
    n: 4,
    correct: index % 5,
    answers: 1 + (index % 3),
    majority: index % 5 >= 2 ? 1 : 0,
  }));
}

export function evaluatedProblem(id: string, overrides: Partial<EvaluatedProblem> = {}): EvaluatedProblem {
  const responses = [
    {
      text: 'So $x=\\frac{1}{2}$.',
      answer: '1/2',
      class: 0,
      correct: true,
      reason: 'equal',
      tokens: 12,
      finished: true,
    },
    {
      text: 'long '.repeat(500),
      answer: null,
      class: -1,
      correct: false,
      reason: 'no answer',
      tokens: 500,
      finished: false,
    },
  ];
  return {
    id,
    n: 2,
    correct: 1,
    answers: 1,
    majority: 1,
    problem: 'Solve $2x=1$.',
    gold: '\\frac{1}{2}',
    responses,
    ...overrides,
  };
}

/** A machine with a GPU where nothing is missing. */
export function setupReport(overrides: Partial<EnvironmentReport> = {}): EnvironmentReport {
  const path = '/home/me/.venv/bin/python';
  const interpreter: EnvironmentReport['interpreter'] = {
    path,
    source: '.venv of the workspace',
    python: {
      executable: path,
      version: '3.12.4',
      virtual: true,
      prefix: '/home/me/.venv',
      freeBytes: 100 * 2 ** 30,
      packages: { torch: '2.9.0' },
    },
    torch: {
      build: 'CUDA 13.0',
      available: true,
      gpus: [{ name: 'NVIDIA H100', bytes: 80 * 2 ** 30 }],
      reason: null,
    },
  };
  return {
    interpreter,
    interpreters: [interpreter],
    packages: [{ name: 'torch', specifier: '>=2.7', installed: '2.9.0', fits: true }],
    optional: [
      {
        name: 'vllm',
        installed: null,
        lacks: [],
        purpose: 'experiments with torch.vllm',
        command: 'pip install trl[vllm]',
      },
    ],
    gpus: {
      gpus: [{ index: 0, name: 'NVIDIA H100', memory: 80 * 2 ** 30, free: 60 * 2 ** 30 }],
      driver: '580.65.06',
      problem: null,
      visible: null,
    },
    freeBytes: 100 * 2 ** 30,
    ownEnvironment: '/home/me/.local/share/g2rl/venv',
    base: '/usr/bin/python3',
    uv: null,
    problems: [],
    usable: true,
    cuda: true,
    installs: false,
    ...overrides,
  };
}
