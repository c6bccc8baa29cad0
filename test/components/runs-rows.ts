/** Rows of the table of runs: of two methods, five seeds, some of a study, some tagged. */
import type { TableRow } from '../../src/contract/table-messages.js';

const methods = ['g2rl', 'grpo'] as const;

export function tableRow(index: number, overrides: Partial<TableRow> = {}): TableRow {
  const method = methods[index % 2]!;
  const score = 0.3 + (index % 40) / 100;
  return {
    directory: `/runs/${index}`,
    id: `20260101-000000-run-${index}`,
    name: `run ${index}`,
    state: index % 7 === 3 ? 'failed' : 'finished',
    pinned: false,
    archived: false,
    study: index % 3 === 0 ? 'helps' : null,
    variant: index % 3 === 0 ? method : null,
    seed: index % 5,
    method,
    engine: 'embedded',
    policy: 'media/policies/countdown',
    experiment: 'countdown.g2rl.json',
    tags: index % 4 === 0 ? ['paper'] : [],
    notes: '',
    created: Date.UTC(2026, 0, 1) + index * 60_000,
    duration: 60 + index,
    step: 40,
    totalSteps: 40,
    scores: {
      'countdown-test pass@1': {
        last: score,
        lastError: 0.01,
        best: score + 0.02,
        bestError: 0.01,
        bestStep: 20,
      },
      'countdown-test maj@16': { last: score, lastError: null, best: score, bestError: null, bestStep: 40 },
    },
    benchmark: 'countdown-test',
    settings: {
      'method.name': JSON.stringify(method),
      'optimization.learningRate': index % 2 ? '0.0001' : '0.0002',
    },
    ...overrides,
  };
}
