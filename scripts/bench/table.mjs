/** Thousands of runs that have ended, from their folder to the table, against TensorBoard's reader of the same scalars. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, median } from './figures.mjs';
import { bundle, lastLine, tensorBoard } from './programs.mjs';

const counts = [1000, 5000];
/** Of these TensorBoard reads the scalars; of thousands it would take minutes. */
const readRuns = 10;

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function tableFigures({ rounds }) {
  const program = await bundle('table');
  const scratch = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  try {
    const reference = await reading(program, join(scratch, 'reference'));
    const figures = [];
    for (const count of counts) {
      const folder = join(scratch, String(count));
      await lastLine('node', [program, 'make', folder, String(count)]);
      figures.push(...(await figuresOf(program, folder, count, Math.min(rounds, 3), reference)));
    }
    return figures.map(figure);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Its milliseconds a run; null with a reason where it is not installed. */
async function reading(program, folder) {
  const { command, missing } = await tensorBoard();
  if (!command) return { missing };
  const [runs, events] = [join(folder, 'runs'), join(folder, 'events')];
  const script = 'test/bench/tensorboard_runs.py';
  await lastLine('node', [program, 'make', runs, String(readRuns)]);
  await lastLine(command, [script, 'make', runs, events]);
  const { opened, version } = await lastLine(command, [script, 'read', runs, events]);
  return { missing, version, millisecondsOfRun: opened / readRuns };
}

async function figuresOf(program, folder, count, rounds, reference) {
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push({
      host: await lastLine('node', [program, 'host', folder]),
      paint: await lastLine('node', [program, 'paint', folder]),
    });
  }
  const middle = (value) => median(results.map(value));
  const runs = `${count.toLocaleString('en-US')} runs`;
  const opened = middle(({ host }) => host.opened.milliseconds);
  const theirs = count * (reference.millisecondsOfRun ?? 0);
  return [
    {
      name: `${runs}: from their folder to the rows, in the host`,
      value: opened,
      unit: 'milliseconds',
      ...(theirs
        ? {
            reference: { name: `TensorBoard ${reference.version}, from ${readRuns} runs`, value: theirs },
            ratio: theirs / opened,
          }
        : { note: reference.missing }),
    },
    {
      name: `${runs}: of that, time of the processor`,
      value: middle(({ host }) => host.opened.processor),
      unit: 'milliseconds',
    },
    {
      name: `${runs}: from their folder to the painted table`,
      value: middle(({ paint }) => paint.milliseconds),
      unit: 'milliseconds',
      ...(count === 5000 && { goal: { of: 'value', atMost: 1000 } }),
    },
    {
      name: `${runs}: a frame of the table while it is scrolled, median`,
      value: middle(({ paint }) => quantile(paint.frames, 0.5)),
      unit: 'milliseconds',
    },
    {
      name: `${runs}: the same, 95th percentile`,
      value: middle(({ paint }) => quantile(paint.frames, 0.95)),
      unit: 'milliseconds',
      goal: { of: 'value', atMost: 50 },
    },
    {
      name: `${runs}: from a change by another program to its report`,
      value: middle(({ host }) => host.seen),
      unit: 'milliseconds',
      goal: { of: 'value', atMost: 2000 },
    },
    {
      name: `${runs}: processor of the host in a second without changes`,
      value: middle(({ host }) => host.idle),
      unit: 'milliseconds',
      goal: { of: 'value', atMost: 20 },
    },
    { name: `${runs}: memory of the host`, value: middle(({ host }) => host.peak), unit: 'bytes' },
  ];
}

/** @param {readonly number[]} sorted */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
