/** The processes of one life, found by the life's folder on their command line. Linux: what /proc tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../../src/runs/protocol/identity.js';
import { isProcessAlive, processStartTime } from '../../src/runs/protocol/process.js';

export interface FoundProcess extends ProcessIdentity {
  role: 'trainer' | 'runner' | 'command';
}

const roles: Readonly<Record<string, FoundProcess['role']>> = {
  'trainer.cjs': 'trainer',
  'study.cjs': 'runner',
};

/** A trainer between fork and exec still has its launcher's command line, and counts as a command. */
function identify(pid: number, folder: string): FoundProcess[] {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // A trainer has it inside the JSON of its request.
    const isNamed = (word: string) => word === folder || word.includes(folder + sep);
    if (!words.some(isNamed)) return [];
    const processStart = processStartTime(pid);
    const program = words[1]?.split(sep).at(-1) ?? '';
    const role = roles[program] ?? 'command';
    return processStart === null ? [] : [{ pid, processStart, role }];
  } catch {
    return [];
  }
}

/** Every living process that has the folder, or a path in it, on its command line. */
export function processesIn(folder: string): FoundProcess[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? identify(Number(name), folder) : []));
}

export const trainersIn = (folder: string) => processesIn(folder).filter(({ role }) => role === 'trainer');

/** Whether the main thread of a process has started another process. */
export function hasChild(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() !== '';
  } catch {
    return false;
  }
}

export const isAlive = ({ pid, processStart }: ProcessIdentity) => isProcessAlive(pid, processStart);

/** Sends a signal to a process, or to its group. Whether it was alive to receive it. */
export function hit(target: ProcessIdentity, signal: NodeJS.Signals, group = false): boolean {
  if (!isAlive(target)) return false;
  try {
    process.kill(group ? -target.pid : target.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Looks every few milliseconds. Whether the condition came true in time. */
export async function becomes(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
  pause = 5,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await sleep(pause);
  }
  return true;
}
