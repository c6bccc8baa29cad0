/** Answers as texts: what of their notation means nothing. */
import { textCommand, withoutTextCommands } from './notation.js';
import { unstyled } from './styles.js';

/** A formula without the signs around it, its style, and doubled backslashes that another program left. */
export function formulaOf(answer: string): string {
  const text = unstyled(undoubled(answer.trim()))
    .replace(/\\begin\{(?:align|equation|gather)\*?\}|\\end\{(?:align|equation|gather)\*?\}/g, ' ')
    .replace(/\\\[|\\\]|\\\(|\\\)/g, ' ')
    // "12 $ and $13": formulas side by side. A price keeps its number.
    .replace(/\$/g, ' ')
    .replace(/(?<!\\)\\ /g, ' ')
    .replace(/^(\d+)\s+to\s+(\d+)$/, '$1:$2')
    // 6.02 x 10^23, 3 x 4
    .replace(/(\d)(?:\s*[xX]\s*(?=10\s*\^)|\s+[xX]\s+(?=\d))/g, '$1 \\times ')
    .replace(/\\n$/, '')
    .replace(/(?:\\\\)+$/, '')
    // 40m²: a unit, where 40 m^2 may be a product.
    .replace(/(\d)(mm|cm|dm|km|m|ft|in|yd|mi)([²³])$/, '$1 \\text{ $2}$3')
    .replace(/(\d)\s*USD$/, '$1 dollars')
    .replace(/(\d)\s*EUR$/, '$1 euros')
    .trim();
  return unstyled(text)
    .replace(/(?<!\\left|\\right)[.,;:]+$/, '')
    .replace(/^["'“”]+|["'“”]+$/g, '')
    .trim();
}

/** What programs leave of `\\b`, `\\f` and `\\t` in a text that they take for one with escapes. */
const escapes: readonly [string, RegExp, string][] = [
  ['\b', /[\b](?=[a-z])/g, '\\b'],
  ['\f', /\f(?=[a-z])/g, '\\f'],
  ['\t', /\t(?=(?:ext|imes|frac|heta|an|au)(?![a-z]))/g, '\\t'],
];

/** With one backslash where every command has two. */
function undoubled(text: string): string {
  const whole = escapes.reduce(
    (result, [character, pattern, command]) =>
      result.includes(character) ? result.replace(pattern, command) : result,
    text,
  );
  if (!/\\\\[a-zA-Z]{2,}|\\\\[(){}[\]!,;$%]/.test(whole)) return whole;
  const runs = whole.match(/\\+(?=[a-zA-Z(){}[\]!,;$%])/g) ?? [];
  // A single backslash before a command says that a double one is the end of a row.
  if (runs.some((run) => run.length % 2 === 1)) {
    return /\\begin/.test(whole) ? whole : whole.replace(/\\\\(?=[a-zA-Z]{2})/g, '\\');
  }
  return whole.replace(/\\\\/g, '\\');
}

/** Two answers with the same one of these are the same. */
export function comparableText(answer: string): string {
  return (
    withoutTextCommands(formulaOf(answer))
      .replace(/\\(?:overline|vec|overrightarrow|widehat|hat|bar)\s*\{([A-Za-z]+)\}/g, '$1')
      .replace(/\\(?:left|right|displaystyle|bigl|bigr|Bigl|Bigr|big|Big)(?![A-Za-z])/g, '')
      .replace(/\\[dt]frac/g, '\\frac')
      .replace(/\\[,;:! ]|~|\\q?quad/g, '')
      .replace(/\\\{/g, '{')
      .replace(/\\\}/g, '}')
      .replace(/[−–]/g, '-')
      // A blank between digits parts numbers: 3 1/2 is not 31/2.
      .replace(/(?<!\d)\s+|\s+(?!\d|\s)/g, '')
      .replace(/\s+/g, ' ')
      .replace(/\.$/, '')
  );
}

/** Whether an answer is words rather than a formula, so that upper and lower case mean the same. */
export function isWords(answer: string): boolean {
  const words = comparableText(answer);
  return /^[A-Za-z][A-Za-z'’-]+$/.test(words) && words.length > 2;
}

const letterCommand = new RegExp(
  `^${textCommand}\\s*\\{\\s*\\(?([A-J])\\)\\s*\\}\\s*(?:\\\\[ ,;]|~)*\\s*(\\S.*)$`,
);

/** `\text{(A) } 5` and `(A) 5`: a choice with its letter before it. Null when there is no letter. */
export function labelled(answer: string): { letter: string; rest: string } | null {
  const match =
    letterCommand.exec(answer) ??
    /^\(([A-J])\)\s+(\S.*)$/.exec(answer) ??
    /^([A-J])[).]\s+(\S.*)$/.exec(answer);
  return match ? { letter: match[1]!, rest: match[2]! } : null;
}
