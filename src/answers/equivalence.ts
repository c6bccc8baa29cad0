/** Whether two bare answers are the same, and by what. */
import { calendarText } from './calendar.js';
import { choiceLetterOf } from './choices.js';
import { compareAnswers, type Reason } from './compare.js';
import type { ExtractionKind } from './kinds.js';
import { UnreadableAnswer } from './lexer.js';
import { type ParsedAnswer, parseAnswer } from './parser.js';
import { comparableText, formulaOf, formulaOfWords, isWords, labelled } from './text.js';
import { unitsIn } from './units.js';

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
  /** One of the two is not mathematics that can be read, and the texts differ. */
  | 'unreadable'
  /** The response has no answer. */
  | 'none';

const refusals: ReadonlySet<VerdictReason> = new Set(['different', 'unit', 'unreadable', 'none']);
export const accepts = (reason: VerdictReason): boolean => !refusals.has(reason);

const isChoice = (answer: string): boolean =>
  /^[([]?\s*[A-J]\s*[)\]]?\.?$/.test(comparableText(answer).toUpperCase());

/** Compares two answers, both extracted. */
export function equivalence(gold: string, prediction: string, kind: ExtractionKind = 'math'): VerdictReason {
  const [a, b] = [formulaOf(gold), formulaOf(prediction)];
  const [textA, textB] = [comparableText(a), comparableText(b)];
  if (textA === textB && textA !== '') return 'exact';
  if (kind === 'choice' || (/^[A-J]$/.test(bareLetter(a)) && isChoice(b))) {
    return choiceLetterOf(a) === choiceLetterOf(b) ? 'choice' : 'different';
  }
  const [dateA, dateB] = [calendarText(a), calendarText(b)];
  if (dateA !== null && dateB !== null) return dateA === dateB ? 'date' : 'different';
  if (textA.toLowerCase() === textB.toLowerCase() && isWords(a)) return 'text';
  const labels = comparedByLabels(a, b, kind);
  if (labels !== null) return labels;
  const reason = comparedAsMathematics(a, b, currencyOf(gold), currencyOf(prediction));
  const swapped = accepts(reason) || reason === 'unit' ? null : withDecimalComma(a, b);
  return swapped ? equivalence(swapped[0], swapped[1], kind) : reason;
}

/** A choice with its letter before it is the same as either; null when neither answer is one. */
function comparedByLabels(gold: string, prediction: string, kind: ExtractionKind): VerdictReason | null {
  const [a, b] = [labelled(gold), labelled(prediction)];
  if (a === null && b === null) return null;
  if (a !== null && b !== null) return a.letter === b.letter ? 'choice' : 'different';
  if (a !== null) {
    if (isChoice(prediction)) return choiceLetterOf(prediction) === a.letter ? 'choice' : 'different';
    return equivalence(a.rest, prediction, kind);
  }
  return equivalence(gold, b!.rest, kind);
}

/** Of money that is written with its sign; a plain dollar may begin a formula. */
function currencyOf(answer: string): string[] {
  if (/\\\$/.test(answer)) return ['dollar'];
  return answer.includes('€') ? ['euro'] : [];
}

function comparedAsMathematics(
  gold: string,
  prediction: string,
  goldCurrency: readonly string[],
  predictionCurrency: readonly string[],
): VerdictReason {
  const [a, b] = [read(formulaOfWords(gold)), read(formulaOfWords(prediction))];
  if (a === null || b === null) return 'unreadable';
  const reason = compareAnswers(a.answer, b.answer);
  if (reason === null) return 'different';
  const unitsA = [...new Set([...unitsIn(a.words), ...goldCurrency])];
  const unitsB = [...new Set([...unitsIn(b.words), ...predictionCurrency])];
  return unitsA.length > 0 && unitsB.length > 0 && unitsA.join() !== unitsB.join() ? 'unit' : reason;
}

/** `C` of `\text{(C)}`, else the text. */
const bareLetter = (text: string): string => comparableText(text).replace(/^[([]|[)\].]+$/g, '');

function read(text: string): ParsedAnswer | null {
  try {
    return parseAnswer(text);
  } catch (error) {
    if (error instanceof UnreadableAnswer) return null;
    throw error;
  }
}

const decimalComma = /^[-+−]?\s*\d+,\d+$/;

/** 2,74 may be 2.74: tried when the other side has no comma. Null when there is nothing to try. */
function withDecimalComma(gold: string, prediction: string): [string, string] | null {
  const [a, b] = [gold, prediction].map((text) => text.replace(/[€$£]|\\\$/g, '').trim()) as [string, string];
  if (decimalComma.test(a) && !b.includes(',')) return [a.replace(',', '.'), b];
  if (decimalComma.test(b) && !a.includes(',')) return [a, b.replace(',', '.')];
  return null;
}
