/** The answer that a published solution marks. */
import { closingBrace } from '../answers/index.js';

/** What stands in the last `\boxed{…}` or `\fbox{…}` whose braces are balanced; null when there is none. */
export function lastBoxed(solution: string): string | null {
  const starts = [...solution.matchAll(/\\(?:boxed|fbox)\s*\{/g)].reverse();
  for (const start of starts) {
    const first = start.index + start[0].length;
    const end = closingBrace(solution, first);
    if (end !== null) return solution.slice(first, end).trim();
  }
  // MATH has a few without braces: \boxed 5.
  return /\\boxed\s+([^\s${}\\.,]+)[^{}]*$/.exec(solution)?.[1] ?? null;
}
