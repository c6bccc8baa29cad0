/** Values with their units: 4 kJ is 4000 J, and no 4 J. */
import { type Answer, type Compare, isExpression, type NumberNode, symbolsOf, wholeNumber } from './tree.js';
import { type ReadUnit, sameDimensions, unitLetters, unitOf } from './units.js';

interface Quantity {
  item: Answer;
  /** The words beside it; null when there are none. */
  unit: string | null;
}

/** @param isBesideUnit whether the other answer has a unit: then the signs of degrees and percent are units, too */
function quantityOf(answer: Answer, isBesideUnit = false): Quantity {
  if (answer.kind === 'quantity') return { item: answer.item, unit: answer.unit };
  if (isBesideUnit && answer.kind === 'degree') return { item: answer.item, unit: 'degree' };
  if (isBesideUnit && answer.kind === 'percent') return { item: answer.item, unit: 'percent' };
  if (isBesideUnit && answer.kind === 'negate') {
    const inner = quantityOf(answer.item, true);
    return { item: { kind: 'negate', item: inner.item }, unit: inner.unit };
  }
  return { item: answer, unit: null };
}

/** Without the units and words beside it. */
export const withoutUnit = (answer: Answer): Answer => quantityOf(answer).item;

/** Compares what may have a unit; undefined when neither side has one. A unit that one side leaves out is that of the other. */
export function compareQuantities<Reason>(
  gold: Answer,
  prediction: Answer,
  compare: Compare<Reason>,
): Reason | null | undefined {
  const [a, b] = quantitiesOf(gold, prediction);
  if (a.unit === null && b.unit === null) return undefined;
  if (a.unit === null || b.unit === null) {
    const unit = a.unit ?? b.unit ?? '';
    return mayBeLeftOut(unit, a.unit === null ? b.item : a.item) ? compare(a.item, b.item) : null;
  }
  const factor = ratioOf(a.unit, b.unit, symbolsOf(a.item).length === 0);
  if (factor === null) return null;
  if (factor.value.equals(1)) return compare(a.item, b.item);
  return isExpression(b.item) ? compare(a.item, { kind: 'multiply', items: [factor, b.item] }) : null;
}

function quantitiesOf(gold: Answer, prediction: Answer): [Quantity, Quantity] {
  const a = quantityOf(gold, prediction.kind === 'quantity');
  const b = quantityOf(prediction, gold.kind === 'quantity');
  const isBare = a.unit === null && b.unit === null;
  // 4 and 4s; two formulas in the letter s are compared as formulas.
  if (isBare && symbolsOf(gold).length > 0 === symbolsOf(prediction).length > 0) return [a, b];
  return [a.unit === null ? (withLetters(a.item) ?? a) : a, b.unit === null ? (withLetters(b.item) ?? b) : b];
}

const isModulus = (unit: string): boolean => unit.startsWith('mod ');

const negations = /\b(?:not|no|never|neither|nor|non|cannot|isn't|doesn't|false|wrong)\b/i;

/** Words beside a formula that may be left out. */
const mostWords = 2;

/** Whether the words only say what is counted: "12 ways" is 12, "G is not invertible" is no G. */
function mayBeLeftOut(unit: string, item: Answer): boolean {
  if (isModulus(unit)) return true;
  return !negations.test(unit) && (symbolsOf(item).length === 0 || unitOf(unit).words.length <= mostWords);
}

/**
 * How many of the first unit one of the second is; null for units of different things.
 * @param isNumber whether they stand beside a number, so that words say no more than what is counted
 */
function ratioOf(first: string, second: string, isNumber: boolean): NumberNode | null {
  if (isModulus(first) || isModulus(second)) return first === second ? wholeNumber(1) : null;
  if (negations.test(first) !== negations.test(second)) return null;
  const [a, b] = [unitOf(first), unitOf(second)];
  if (a.unit !== null && b.unit !== null) {
    return sameDimensions(a.unit, b.unit) ? { ...wholeNumber(1), value: b.unit.size.div(a.unit.size) } : null;
  }
  return sameWords(a, b, isNumber) ? wholeNumber(1) : null;
}

/** 12 ways and 12 different ways; a unit is no other word. */
function sameWords(a: ReadUnit, b: ReadUnit, isNumber: boolean): boolean {
  const within = (one: ReadUnit, other: ReadUnit) => one.words.every((word) => other.words.includes(word));
  if (a.unit !== null || b.unit !== null) {
    const silent = a.words.length + b.words.length === 0;
    return silent || a.words.some((word) => b.words.includes(word));
  }
  return isNumber ? within(a, b) || within(b, a) : within(a, b) && within(b, a);
}

/** 4s and 3 m/s as they are read without a word for the unit: a number times letters of units. Null for any other formula. */
function withLetters(answer: Answer): Quantity | null {
  const letters: string[] = [];
  const number = withoutLetters(answer, letters, '');
  return number === null || letters.length === 0 || symbolsOf(number).length > 0
    ? null
    : { item: number, unit: letters.join(' ') };
}

/** The factor that is a number; letters are collected with their powers. Null where the two are not apart. */
function withoutLetters(answer: Answer, letters: string[], divided: '' | '/'): Answer | null {
  if (answer.kind === 'multiply') return productWithoutLetters(answer.items, letters, divided);
  if (answer.kind !== 'divide') return symbolsOf(answer).length === 0 ? answer : null;
  const number = withoutLetters(answer.left, letters, divided);
  if (number === null) return null;
  if (symbolsOf(answer.right).length === 0) return { ...answer, left: number };
  return lettersOf(answer.right, letters, '/') ? number : null;
}

function productWithoutLetters(
  items: readonly Answer[],
  letters: string[],
  divided: '' | '/',
): Answer | null {
  const [left, right] = items;
  if (left === undefined || right === undefined || items.length !== 2) return null;
  if (left.kind === 'degree' && right.kind === 'symbol' && /^[CF]$/.test(right.name)) {
    letters.push(`°${right.name}`);
    return symbolsOf(left).length === 0 ? left : null;
  }
  const number = withoutLetters(left, letters, divided);
  return number !== null && lettersOf(right, letters, divided) ? number : null;
}

function lettersOf(answer: Answer, letters: string[], divided: '' | '/'): boolean {
  if (answer.kind === 'symbol' && unitLetters.has(answer.name)) {
    letters.push(`${divided}${answer.name === 'Omega' ? 'ohm' : answer.name}`);
    return true;
  }
  if (answer.kind !== 'power' || answer.left.kind !== 'symbol' || !unitLetters.has(answer.left.name))
    return false;
  const exponent = answer.right.kind === 'negate' ? answer.right.item : answer.right;
  if (exponent.kind !== 'number') return false;
  const sign = answer.right.kind === 'negate' ? '-' : '';
  letters.push(`${divided}${answer.left.name}^${sign}${exponent.value.toFraction()}`);
  return true;
}
