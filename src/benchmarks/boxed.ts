/** The answer that a published solution marks. */

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

/** Index of the brace that closes the one before `from`; an escaped brace is a sign of the text. */
function closingBrace(text: string, from: number): number | null {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '{') depth++;
    else if (text[index] === '}' && --depth === 0) return index;
  }
  return null;
}
