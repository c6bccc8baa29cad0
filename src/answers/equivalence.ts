/** Whether two bare answers are the same, and by what. */
import { OutOfSteps, withinBudget } from './budget.js';
import { calendarVerdict } from './calendar.js';
import { choiceLetterOf } from './choices.js';
import { compareAnswers, type Reason } from './compare.js';
import type { ExtractionKind } from './kinds.js';
import { UnreadableAnswer } from './lexer.js';
import { parseAnswer } from './parser.js';
import { withoutUnit } from './quantities.js';
import { comparableText, formulaOf, isWords, labelled } from './text.js';
import { type Answer, replaced, symbolsOf } from './tree.js';
import { formulaOfWords } from './words.js';

export type VerdictReason =
  | Reason
  /** The same characters, up to notation that means nothing. */
  | 'exact'
  | 'text'
  | 'choice'
  | 'date'
  /** Read, and not the same. */
  | 'different'
  /** The same number of another unit. */
  | 'unit'
  /** One of the two is not mathematics that can be read, or takes too many steps, and the texts differ. */
  | 'unreadable'
  /** The response has no answer. */
  | 'none';

const refusals: ReadonlySet<VerdictReason> = new Set(['different', 'unit', 'unreadable', 'none']);
export const accepts = (reason: VerdictReason): boolean => !refusals.has(reason);

const isChoice = (answer: string): boolean =>
  /^[([]?\s*[A-J]\s*[)\]]?\.?$/.test(comparableText(answer).toUpperCase());

/** Characters of an answer that is still read. */
const longestAnswer = 8000;

/** Compares two answers, both extracted. Ends soon whatever it is given, and never throws. */
export function equivalence(gold: string, prediction: string, kind: ExtractionKind = 'math'): VerdictReason {
  if (Math.max(gold.length, prediction.length) > longestAnswer) {
    return gold.trim() === prediction.trim() ? 'exact' : 'unreadable';
  }
  return withinBudget(() => compareTexts(gold, prediction, kind));
}

function compareTexts(gold: string, prediction: string, kind: ExtractionKind): VerdictReason {
  const [a, b] = [formulaOf(undoubled(gold)), formulaOf(undoubled(prediction))];
  const [textA, textB] = [comparableText(a), comparableText(b)];
  if (textA === textB && textA !== '') return 'exact';
  if (kind === 'choice' || (/^[A-J]$/.test(bareLetter(a)) && isChoice(b))) {
    return choiceLetterOf(a) === choiceLetterOf(b) ? 'choice' : 'different';
  }
  const calendar = calendarVerdict(a, b);
  if (calendar !== null) return calendar ? 'date' : 'different';
  if (textA.toLowerCase() === textB.toLowerCase() && isWords(a)) return 'text';
  const labels = comparedByLabels(a, b, kind);
  if (labels !== null) return labels;
  const reason = comparedAsMathematics(a, b, currencyOf(gold), currencyOf(prediction));
  const swapped = accepts(reason) || reason === 'unit' ? null : withDecimalComma(a, b);
  return swapped ? equivalence(swapped[0], swapped[1], kind) : reason;
}

/** Another program may have doubled all backslashes, those between the rows of a matrix as well. */
const undoubled = (text: string): string =>
  text.includes('\\\\begin') ? text.replaceAll('\\\\', '\\') : text;

/** A choice with its letter before it is the same as either; null when neither answer is one. */
function comparedByLabels(gold: string, prediction: string, kind: ExtractionKind): VerdictReason | null {
  const [a, b] = [labelled(gold), labelled(prediction)];
  if (a === null && b === null) return null;
  if (a !== null && b !== null) return a.letter === b.letter ? 'choice' : 'different';
  if (a !== null) {
    if (isChoice(prediction)) return choiceLetterOf(prediction) === a.letter ? 'choice' : 'different';
    return equivalence(a.rest, prediction, kind);
  }
  return b === null ? null : equivalence(gold, b.rest, kind);
}

/** Of money that is written with its sign; a plain dollar may begin a formula. */
function currencyOf(answer: string): string | null {
  if (/\\\$/.test(answer)) return 'dollar';
  return answer.includes('€') ? 'euro' : answer.includes('£') ? 'GBP' : null;
}

function comparedAsMathematics(
  gold: string,
  prediction: string,
  goldCurrency: string | null,
  predictionCurrency: string | null,
): VerdictReason {
  try {
    const a = withCurrency(read(formulaOfWords(gold)), goldCurrency);
    const b = withCurrency(read(formulaOfWords(prediction)), predictionCurrency);
    const reason = compareAnswers(a, b) ?? comparedWithOneConstant(a, b);
    if (reason !== null) return reason;
    const bare = [withoutUnit(a), withoutUnit(b)] as const;
    return bare[0] !== a && bare[1] !== b && compareAnswers(...bare) !== null ? 'unit' : 'different';
  } catch (error) {
    if (error instanceof UnreadableAnswer || error instanceof OutOfSteps || error instanceof RangeError)
      return 'unreadable';
    throw error;
  }
}

const withCurrency = (answer: Answer, currency: string | null): Answer =>
  currency === null || answer.kind === 'quantity'
    ? answer
    : { kind: 'quantity', item: answer, unit: currency };

/** y = x² + c and y = x² + C: the constant of integration has the name that one likes. */
function comparedWithOneConstant(gold: Answer, prediction: Answer): Reason | null {
  const [inGold, inPrediction] = [symbolsOf(gold), symbolsOf(prediction)];
  const [from, to] = inGold.includes('C') ? ['c', 'C'] : ['C', 'c'];
  if (!inGold.includes(to) || inGold.includes(from) || !inPrediction.includes(from)) return null;
  const renamed = replaced(prediction, (node) =>
    node.kind === 'symbol' && node.name === from ? { ...node, name: to } : null,
  );
  return inPrediction.includes(to) ? null : compareAnswers(gold, renamed);
}

/** `C` of `\text{(C)}`, else the text. */
const bareLetter = (text: string): string => comparableText(text).replace(/^[([]|[)\].]+$/g, '');

/** @throws UnreadableAnswer */
function read(text: string): Answer {
  const conclusion =
    text
      .split(/\\(?:implies|Rightarrow|Longrightarrow|therefore|iff|Leftrightarrow)(?![A-Za-z])|[⇒⟹∴]/)
      .at(-1) ?? text;
  try {
    return parseAnswer(conclusion);
  } catch (error) {
    const value = error instanceof UnreadableAnswer ? rightSideOf(conclusion) : null;
    if (value === null) throw error;
    // "∫ … = 1/3", "Area of the triangle = 5": whatever the left side says, the right one is its value.
    const name: Answer = { kind: 'symbol', name: 'left side' };
    return { kind: 'relation', items: [name, parseAnswer(value)], operators: ['='] };
  }
}

/** Characters of a left side that cannot be read. */
const longestLeftSide = 80;

/** "It is the plane 2x + 3y − z = 0" is no 0. */
function isEquationInWords(leftSide: string): boolean {
  const plain = leftSide.replace(/\\[A-Za-z]+/g, ' ');
  return /[A-Za-z]{2,}\s+[A-Za-z]{2,}/.test(plain) && /\d\s*[a-z]\b|[a-z]\s*[+]|\s[-−]\s/.test(plain);
}

/**
 * What follows the last sign of equality outside of brackets, and comes before ≈. Null when there is none, or when what comes
 * before it says more than one thing.
 */
function rightSideOf(text: string): string | null {
  let depth = 0;
  let after: number | null = null;
  let outside = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === '=' && depth === 0 && !/[<>!=]/.test(text[index - 1] ?? '')) after = index + 1;
    if (depth === 0) outside += character;
  }
  if (after === null || after > longestLeftSide || isEquationInWords(text.slice(0, after - 1))) return null;
  if (/[,;](?!\d{3})|\b(?:and|or)\b|\.\s/.test(outside)) return null;
  const value =
    text
      .slice(after)
      .split(/\\approx(?![A-Za-z])|≈/, 1)[0]
      ?.trim() ?? '';
  return value === '' ? null : value;
}

/** 5,000 is five thousand. */
const decimalComma = /^[-+−]?\s*(?:0,\d+|\d+,(?!\d{3}$)\d+|\d{4,},\d+)$/;

/** 2,74 may be 2.74: tried when the other side has no comma. Null when there is nothing to try. */
function withDecimalComma(gold: string, prediction: string): [string, string] | null {
  const [a, b] = [gold, prediction].map((text) => text.replace(/[€$£]|\\\$/g, '').trim()) as [string, string];
  if (decimalComma.test(a) && !b.includes(',')) return [a.replace(',', '.'), b];
  if (decimalComma.test(b) && !a.includes(',')) return [a, b.replace(',', '.')];
  return null;
}
