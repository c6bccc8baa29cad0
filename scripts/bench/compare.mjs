/** Comparing 60 runs of 2,000 steps, against TensorBoard's reader on event files with the same scalars. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median } from './figures.mjs';
import { bundle, lastLine, tensorBoard } from './programs.mjs';

const size = ['60', '2000'];

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function compareFigures({ rounds }) {
  const program = await bundle('compare');
  const folder = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  const [runs, events] = [join(folder, 'runs'), join(folder, 'events')];
  const { command, missing } = await tensorBoard();
  const script = 'test/bench/tensorboard_runs.py';
  try {
    await lastLine('node', [program, 'make', runs, ...size]);
    if (command) await lastLine(command, [script, 'make', runs, events]);
    const results = [];
    for (let round = 0; round < Math.min(rounds, 5); round++) {
      const measure = (part) => lastLine('node', [program, part, runs, ...size]);
      results.push({
        host: await measure('host'),
        paint: await measure('paint'),
        reader: command ? await lastLine(command, [script, 'read', runs, events]) : null,
      });
    }
    return figuresOf(results, missing).map(figure);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function figuresOf(results, missing) {
  const middle = (value) => median(results.map(value));
  const against = (value, other) =>
    missing
      ? { note: missing }
      : {
          reference: {
            name: `TensorBoard ${results[0].reader.version}'s reader`,
            value: middle(({ reader }) => other(reader)),
          },
          ratio: middle((result) => other(result.reader) / value(result)),
        };
  const slices = ({ host }) => host.slices;
  const grown = ({ host }) => host.grown;
  const name = '60 runs × 2,000 steps';
  const { charts } = results[0].host;
  return [
    {
      name: `${name}: from their folders to the slices of ${charts} charts`,
      value: middle(slices),
      unit: 'milliseconds',
      ...against(slices, (reader) => reader.opened),
    },
    {
      name: `${name}: the same, as time of the processor`,
      value: middle(({ host }) => host.processor),
      unit: 'milliseconds',
    },
    {
      name: `${name}: a new step of one run, to the slices of ${charts} charts`,
      value: middle(grown),
      unit: 'milliseconds',
      ...against(grown, (reader) => reader.grown),
    },
    {
      name: `${name}: statistics`,
      value: middle(({ host }) => host.statistics),
      unit: 'milliseconds',
    },
    {
      name: `${name}: from their folders to the painted page`,
      value: middle(({ paint }) => paint.milliseconds),
      unit: 'milliseconds',
      // With the start of the browser's page.
      goal: { of: 'value', atMost: 1000 },
    },
    {
      name: `${name}: the slowest frame of a zoom`,
      value: middle(({ paint }) => paint.zoomFrame),
      unit: 'milliseconds',
      goal: { of: 'value', atMost: 1000 / 60 + 1 },
    },
    {
      name: `${name}: work of the page for a frame of a zoom`,
      value: middle(({ paint }) => paint.zoomWork),
      unit: 'milliseconds',
      note: 'time of the processor, with that of the messages between the browser and this program',
    },
    {
      name: `${name}: sent to the page`,
      value: middle(({ paint }) => paint.bytes),
      unit: 'bytes',
    },
  ];
}
