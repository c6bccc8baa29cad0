/** Letters of choices in all their spellings: B, (B), B., **B**, \text{B}, option B. */
import { withoutTextCommands } from './notation.js';

/** The letter when the text is only one, with at most the choice's text after it; else null. */
export function choiceLetterOf(text: string): string | null {
  const bare = withoutTextCommands(text)
    .replace(/[$*_`"'{}\\]/g, '')
    .trim();
  const match =
    /^(?:(?:option|choice|answer)\s+)?[([]?([A-Za-z])(?:[)\].:,]|$)/i.exec(bare) ??
    /^([A-J])\s*[-–—]\s/.exec(bare);
  return match ? match[1]!.toUpperCase() : null;
}

const spelled = /(?:option|choice|answer)(?:\s+is)?\s*:?\s*[([]?([A-J])\b[)\]]?/g;
const bracketed = /\(([A-J])\)/g;
const alone = /(?:^|[\s*"'(])([A-J])(?=[).:*"']*(?:\s|$))/g;

/** The letter that a response chooses: boxed, announced, in brackets or alone in its last lines. */
export function choiceIn(text: string, boxed: string | null, announced: string | null): string | null {
  for (const part of [boxed, announced]) {
    const letter =
      part === null ? null : (choiceLetterOf(part) ?? lastOf(part, bracketed) ?? lastOf(part, alone));
    if (letter !== null) return letter;
  }
  const whole = choiceLetterOf(text);
  if (whole !== null && text.length < 200) return whole;
  const end = text.trimEnd().split('\n').slice(-3).join('\n').replace(/[*_]/g, '');
  return lastOf(end, spelled) ?? lastOf(end, bracketed) ?? lastOf(end, alone);
}

function lastOf(text: string, pattern: RegExp): string | null {
  // "A" and "I" begin many sentences; as words they are not choices.
  const letters = [...text.matchAll(pattern)].filter(
    (match) =>
      !(/[AI]/.test(match[1]!) && /^[AI]\s+[a-z]/.test(text.slice(match.index + match[0].length - 1))),
  );
  return letters.at(-1)?.[1] ?? null;
}
