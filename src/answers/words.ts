/** Words that stand for a formula: "twenty-one", "no solution", "all real numbers". */
import { withoutTextCommands } from './notation.js';

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const scales: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9 };

/** A whole number in words; null for anything else. */
function numberOfWords(words: string): number | null {
  const parts = words.split(/[\s-]+/).filter((part) => part !== 'and' && part !== 'a');
  if (parts.length === 0 || parts.length > 12) return null;
  let total = 0;
  let group = 0;
  for (const part of parts) {
    const [one, ten] = [small.indexOf(part), tens.indexOf(part)];
    const scale = scales[part];
    if (one !== -1) group += one;
    else if (ten !== -1) group += 10 * ten;
    else if (part === 'hundred') group = 100 * (group || 1);
    else if (scale === undefined) return null;
    else {
      total += scale * (group || 1);
      group = 0;
    }
  }
  return total + group;
}

const phrases: readonly (readonly [RegExp, string])[] = [
  [/^(?:(?:there (?:is|are) )?no (?:real )?solutions?|(?:the )?empty set|none exists?)$/, '\\emptyset'],
  [/^(?:all|any|every) reals?(?: numbers?)?$/, '\\mathbb{R}'],
  [/^(?:positive |\+)?infinity$/, '\\infty'],
  [/^(?:negative |minus |-)infinity$/, '-\\infty'],
];

/** The formula that the words are, or the answer as it is. */
export function formulaOfWords(answer: string): string {
  const words = withoutTextCommands(answer).trim().toLowerCase().replace(/\s+/g, ' ');
  if (!/^[+a-z -]+$/.test(words)) return answer;
  for (const [pattern, formula] of phrases) if (pattern.test(words)) return formula;
  const number = /^[a-z]{3,}/.test(words) ? numberOfWords(words) : null;
  return number === null ? answer : String(number);
}
