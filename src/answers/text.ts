/** Answers as texts: what of their notation means nothing. */
import { textCommand, withoutTextCommands } from './notation.js';

/** A formula without the signs around it, and without doubled backslashes that another program left. */
export function formulaOf(answer: string): string {
  let text = answer.trim();
  if (/\\\\[a-zA-Z]{2,}/.test(text) && !/\\begin/.test(text)) text = text.replace(/\\\\(?=[a-zA-Z])/g, '\\');
  text = text
    .replace(/\\begin\{(?:align|equation|gather)\*?\}|\\end\{(?:align|equation|gather)\*?\}/g, ' ')
    .replace(/\\\[|\\\]|\\\(|\\\)/g, ' ')
    .trim();
  // "12 $ and $13": formulas side by side. A price keeps its number.
  text = text
    .replace(/\$/g, ' ')
    .replace(/(?<!\\)\\ /g, ' ')
    .trim();
  return text
    .replace(/(?<!\\left|\\right)[.,;:]+$/, '')
    .replace(/^["'“”]+|["'“”]+$/g, '')
    .trim();
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

const numberWords =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );

/** Words that stand for a formula: "three", "no solution". Anything else is given back as it is. */
export function formulaOfWords(answer: string): string {
  const words = withoutTextCommands(answer).trim().toLowerCase();
  const number = numberWords.indexOf(words);
  if (number !== -1) return String(number);
  return /^(?:(?:there (?:is|are) )?no (?:real )?solutions?|(?:the )?empty set)$/.test(words)
    ? '\\emptyset'
    : answer;
}

const letterCommand = new RegExp(
  `^${textCommand}\\s*\\{\\s*\\(?([A-J])\\)\\s*\\}\\s*(?:\\\\[ ,;]|~)*\\s*(\\S.*)$`,
);

/** `\text{(A) } 5` and `(A) 5`: a choice with its letter before it. Null when there is no letter. */
export function labelled(answer: string): { letter: string; rest: string } | null {
  const match = letterCommand.exec(answer) ?? /^\(([A-J])\)\s+(\S.*)$/.exec(answer);
  return match ? { letter: match[1]!, rest: match[2]! } : null;
}
