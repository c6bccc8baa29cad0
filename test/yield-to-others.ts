/** Where a core is short, a process that a test only looks at lets others go first: what it is seen by, and other tests. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** It still gets a quarter of a core for which it has to compete with one other: it goes on, slower. */
const niceness = 5;

export function yieldToOthers(pid: number): void {
  // Linux has a priority for each thread.
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      setPriority(Number(thread), niceness);
    } catch {
      // It has ended meanwhile.
    }
  }
}
