/** Opening runs of very many steps, against the same run sent to the page as one JSON message. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median } from './figures.mjs';
import { bundle, lastLine } from './programs.mjs';

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function longRunFigures({ rounds }) {
  const program = await bundle('long-run');
  const folder = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  try {
    const short = await figuresOf(program, join(folder, '5'), 100_000, Math.min(rounds, 3), 1500);
    const long = await figuresOf(program, join(folder, '6'), 1_000_000, 1, 5000);
    return [...short, ...long].map(figure);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figuresOf(program, folder, steps, rounds, goal) {
  await lastLine('node', [program, 'make', folder, String(steps)]);
  const measure = (part) => lastLine('node', [program, part, folder, String(steps)]);
  // A JSON message of 10⁶ steps is longer than a string may be.
  const hasJson = steps <= 100_000;
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push({
      row: await measure('row'),
      host: await measure('host'),
      paint: await measure('paint'),
      json: hasJson ? await measure('json') : null,
    });
  }
  const middle = (value) => median(results.map(value));
  const against = (value, name = 'as JSON, without a page') =>
    hasJson && {
      reference: { name, value: middle(({ json }) => value(json)) },
    };
  const run = `a run of ${steps.toLocaleString('en-US')} steps`;
  return [
    {
      name: `${run}: its row in the explorer`,
      value: middle(({ row }) => row.milliseconds),
      unit: 'milliseconds',
    },
    {
      name: `${run}: the series of a dashboard, in the host`,
      value: middle(({ host }) => host.milliseconds),
      unit: 'milliseconds',
      ...against((json) => json.milliseconds),
      ...(hasJson && {
        ratio: middle(({ host, json }) => json.milliseconds / host.milliseconds),
      }),
    },
    {
      name: `${run}: from its folder to the painted dashboard`,
      value: middle(({ paint }) => paint.milliseconds),
      unit: 'milliseconds',
      ...against((json) => json.milliseconds),
      goal: { of: 'value', atMost: goal },
    },
    {
      name: `${run}: memory of the host`,
      value: middle(({ host }) => host.peak),
      unit: 'bytes',
      ...against((json) => json.peak),
      ...(hasJson && { goal: { of: 'value', atMost: 300 * 2 ** 20 } }),
    },
    {
      name: `${run}: sent to the page`,
      value: middle(({ paint }) => paint.bytes),
      unit: 'bytes',
      ...against((json) => json.bytes),
      goal: { of: 'value', atMost: 2 * 2 ** 20 },
    },
  ];
}
