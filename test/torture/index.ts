/**
 * Kills runs at random moments, in many lives, and compares each with a run that was left alone. What must hold,
 * whatever was killed when:
 *
 * 1. The last checkpoint of a life that was resumed to its end is the straight run's, byte for byte: weights,
 *    optimizer, state. So are the texts of all rollouts; and for each step, group, benchmark and evaluated problem
 *    the last line that can be read says the same, but for times and rates.
 * 2. At most one trainer works on a run. Of two resumes at once one wins, and the other says who works on it.
 * 3. Whenever nobody works on a run, `g2rl runs --json` shows the state of its last word, else "lost"; never
 *    "failed". A trainer that was not killed has left its last word.
 * 4. Every checkpoint that readers are shown is whole, and the newest one is never lost.
 * 5. A trainer that is asked to stop, by a signal, by `g2rl stop` or by `control/stop`, does so soon and with a
 *    checkpoint, also while it still loads. When `g2rl stop` says "stopped", nobody works on the run.
 * 6. A command that was not hit itself ends with a result, or says that its trainer has ended.
 * 7. Nothing stands in the way of the next resume; at the end no process and no half checkpoint is left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePolicy } from './experiment.js';
import { Violation } from './killed-run.js';
import { Life, type Reference } from './life.js';
import { planLife } from './plan.js';
import { hit, processesIn } from './processes.js';

export interface TortureOptions {
  /** Kills that must hit a living process. */
  kills: number;
  seed: number;
  /** Lives side by side. */
  parallel: number;
  /** The first life, to repeat one. */
  firstLife?: number;
  say(line: string): void;
}

export interface TortureResult {
  kills: number;
  lives: number;
  seconds: number;
  /** For each life that went wrong, everything about it. */
  mismatches: string[];
}

async function straightRun(root: string, policy: string): Promise<Reference> {
  const life = new Life(join(root, 'straight'), policy, null);
  const start = performance.now();
  try {
    await life.finish();
  } finally {
    life.end();
  }
  return { directory: life.run.directory!, milliseconds: performance.now() - start };
}

function report(seed: number, number: number, life: Life, error: Violation): string {
  const lines = [
    `life ${number} of seed ${seed}: ${error.message}`,
    ...life.events.map((event) => `  ${event}`),
    `  kept in ${life.folder}`,
  ];
  return lines.join('\n');
}

/** Lives until so many kills have hit. */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const { kills, seed, parallel, firstLife = 0, say } = options;
  const start = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'g2rl-torture-'));
  const killAll = () => {
    for (const found of processesIn(root)) hit(found, 'SIGKILL');
  };
  process.once('exit', killAll);
  const policy = writePolicy(root);
  const reference = await straightRun(root, policy);
  say(`straight run: ${(reference.milliseconds / 1000).toFixed(1)} s`);
  const result: TortureResult = { kills: 0, lives: 0, seconds: 0, mismatches: [] };
  const liveOn = async () => {
    while (result.kills < kills) {
      const number = firstLife + result.lives++;
      const life = new Life(join(root, `life-${number}`), policy, reference);
      try {
        await life.live(planLife(seed, number));
        rmSync(life.folder, { recursive: true, force: true });
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        const text = report(seed, number, life, error);
        result.mismatches.push(text);
        say(text);
      } finally {
        life.end();
      }
      result.kills += life.hits;
      say(`${result.kills}/${kills} kills, ${result.lives} lives, ${result.mismatches.length} mismatches`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, liveOn));
  process.off('exit', killAll);
  result.seconds = (performance.now() - start) / 1000;
  if (result.mismatches.length === 0) rmSync(root, { recursive: true, force: true });
  return result;
}
