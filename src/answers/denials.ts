/** Answers that say that there is none: "does not exist", DNE, "cannot be determined". */
import { withoutTextCommands } from './notation.js';

export type Denial = 'nothing' | 'undefined' | 'undetermined' | 'impossible';

const not = "(?:\\s+not|n['’]t)";
const phrases: readonly [Denial, RegExp][] = [
  [
    'undetermined',
    new RegExp(
      `\\bcan(?:not|${not})\\s+be\\s+(?:determined|found|known|uniquely\\s+determined)\\b|\\b(?:not\\s+enough|insufficient)\\s+(?:information|data)\\b|\\bundetermined\\b|\\bindeterminate\\b`,
      'i',
    ),
  ],
  ['undefined', /\bundefined\b|\bnot\s+defined\b/i],
  ['impossible', /\bimpossible\b|\bnot\s+possible\b/i],
  [
    'nothing',
    new RegExp(
      `\\b(?:does|do)${not}\\s+exist\\b|\\bDNE\\b|\\bno\\s+(?:such\\s+\\w+(?:\\s+exists?)?|solutions?|limit|answer)\\b|\\bthere\\s+(?:is|are)\\s+none\\b`,
      'i',
    ),
  ],
];

/** Longer texts say more than that. */
const longest = 90;

/** What a text says that is not about numbers; null when it says something else. "No real solutions" says which ones. */
export function denialOf(answer: string): Denial | null {
  const text = withoutTextCommands(answer).trim();
  if (text.length > longest || /\d|\b(?:real|integer|rational|positive|negative|complex)\b/i.test(text))
    return null;
  return phrases.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}
