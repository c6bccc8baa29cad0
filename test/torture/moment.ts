/** Waiting for the moment of a blow. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../../src/runs/protocol/identity.js';
import { type KilledRun, Violation } from './killed-run.js';
import type { Moment } from './plan.js';
import { becomes, hasChild, processesIn } from './processes.js';

const runMilliseconds = 60_000;
/** Looking through all processes takes some milliseconds, so that it is done seldom. */
const lookMilliseconds = 100;

const names = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Counts how often what `look` returns has changed since. */
function changes(look: () => string): () => number {
  let last = look();
  let count = 0;
  return () => {
    const now = look();
    if (now !== last) count++;
    last = now;
    return count;
  };
}

/** Whether the moment has come, to be asked every millisecond or two. */
function arrival(moment: Moment, run: KilledRun, command: ProcessIdentity, straight: number): () => boolean {
  const start = performance.now();
  const inRun = (folder: string) => join(run.directory ?? '', folder);
  switch (moment.at) {
    case 'boot':
      return () => performance.now() - start >= moment.milliseconds;
    case 'anywhere':
      return () => performance.now() - start >= moment.share * straight;
    case 'birth':
      return () => hasChild(command.pid);
    case 'lock': {
      const written = changes(() => {
        const lock = statSync(inRun('control/launch.lock'), { throwIfNoEntry: false });
        return lock ? `${lock.ino} ${lock.mtimeMs}` : '';
      });
      return () => written() > 0;
    }
    case 'checkpoint': {
      const begun = new Set<string>();
      return () => {
        for (const name of names(inRun('checkpoints'))) if (name.startsWith('.partial-')) begun.add(name);
        return begun.size >= moment.nth;
      };
    }
    case 'evaluation': {
      const written = changes(() => {
        const folder = inRun('evaluations');
        return String(names(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0));
      });
      return () => written() >= moment.nth;
    }
  }
}

/**
 * Waits for the moment; `straight` is how long the straight run takes, in ms. False when the run was over before.
 * @throws {Violation} when neither comes.
 */
export async function waitFor(
  moment: Moment,
  run: KilledRun,
  command: ProcessIdentity,
  straight: number,
): Promise<boolean> {
  const hasCome = arrival(moment, run, command, straight);
  let nextLook = performance.now() + lookMilliseconds;
  let over = false;
  const looked = () => {
    if (hasCome()) return true;
    if (performance.now() < nextLook) return false;
    over = processesIn(run.folder).length === 0;
    nextLook = performance.now() + lookMilliseconds;
    return over;
  };
  if (!(await becomes(looked, runMilliseconds, 1))) throw new Violation('the run neither goes on nor ends');
  if (!over && 'milliseconds' in moment && moment.at !== 'boot') await sleep(moment.milliseconds);
  return !over;
}
