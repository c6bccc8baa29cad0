/** Peak memory of a real run of the default experiment: training, evaluation and checkpoints. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeBinary, root } from '../lib/paths.mjs';
import { figure } from './figures.mjs';

const steps = 10;

/** Peak resident bytes of a process so far, as Linux counts them; null once it is gone. */
function peakBytes(pid) {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) * 1024 : null;
  } catch {
    return null;
  }
}

/** The trainer's process of the one run in `runs`; null until there is one. */
function trainerPid(runs) {
  try {
    const [run] = readdirSync(runs);
    return JSON.parse(readFileSync(join(runs, run, 'status.json'), 'utf8')).pid;
  } catch {
    return null;
  }
}

/** @returns {Promise<import('./figures.mjs').Figure[]>} */
export async function memoryFigures({ policy, threads }) {
  if (process.platform !== 'linux')
    throw new Error('The peak memory of a process is read from /proc: Linux only.');
  const runs = mkdtempSync(join(tmpdir(), 'g2rl-bench-'));
  const overrides = [`policy=${policy}`, `threads=${threads}`, `optimization.steps=${steps}`];
  const child = spawn(
    nodeBinary(),
    [
      'dist/cli.cjs',
      'train',
      'media/experiments/countdown.g2rl.json',
      ...['--runs', runs],
      ...overrides.flatMap((override) => ['--set', override]),
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakBytes(trainerPid(runs)) ?? 0);
  }, 100);
  try {
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`The run ended with exit code ${code}.\n${errors}`);
  } finally {
    clearInterval(watch);
    rmSync(runs, { recursive: true, force: true });
  }
  return [
    figure({ name: `peak memory of a run (${steps} steps, two evaluations)`, value: peak, unit: 'bytes' }),
  ];
}
