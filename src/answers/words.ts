/** Words that stand for a formula: "twenty-one", "no solution", "all real numbers". */
import { withoutTextCommands } from './notation.js';
import { numberOfWords } from './number-words.js';

const phrases: readonly (readonly [RegExp, string])[] = [
  [/^(?:(?:there (?:is|are) )?no (?:real )?solutions?|(?:the )?empty set|none exists?)$/, '\\emptyset'],
  [/^(?:all|any|every) reals?(?: numbers?)?$/, '\\mathbb{R}'],
  [/^(?:positive |\+)?infinity$/, '\\infty'],
  [/^(?:negative |minus |-)infinity$/, '-\\infty'],
];

/** The formula that the words are, or the answer as it is. */
export function formulaOfWords(answer: string): string {
  const words = withoutTextCommands(answer).trim().toLowerCase().replace(/\s+/g, ' ');
  for (const [pattern, formula] of phrases) if (pattern.test(words)) return formula;
  return /[a-z]{3,}/.test(words) && words.length <= 100 ? (numberOfWords(words) ?? answer) : answer;
}
