/** Figures of the packaged extension in the real editor. */
import { figure } from './figures.mjs';
import { lastLine } from './programs.mjs';

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function workbenchFigures() {
  const result = await lastLine('node', ['scripts/workbench.mjs', '--bench']);
  const { p50, p95, lines } = result.paintDelayMilliseconds;
  return [
    {
      name: 'activation, as the editor measures it (loading and activate)',
      value: result.activationMilliseconds,
      unit: 'milliseconds',
      goal: { of: 'value', atMost: 50 },
    },
    {
      name: `line in metrics.jsonl to painted point, 95th percentile of ${lines}`,
      value: p95,
      unit: 'milliseconds',
      reference: { name: 'median', value: p50 },
      goal: { of: 'value', atMost: 150 },
    },
  ].map(figure);
}
