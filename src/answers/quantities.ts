/** Values with their units: 4 kJ is 4000 J, and no 4 J. */
import { type Answer, type Compare, isExpression, type NumberNode, symbolsOf, wholeNumber } from './tree.js';
import { sameDimensions, unitLetters, unitOf } from './units.js';

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
  let a = quantityOf(gold, prediction.kind === 'quantity');
  let b = quantityOf(prediction, gold.kind === 'quantity');
  if (a.unit === null && b.unit === null) {
    // 4 and 4s; two formulas in the letter s are compared as formulas.
    const [inA, inB] = [symbolsOf(gold).length > 0, symbolsOf(prediction).length > 0];
    if (inA === inB) return undefined;
  }
  if (a.unit === null) a = withLetters(a.item) ?? a;
  if (b.unit === null) b = withLetters(b.item) ?? b;
  if (a.unit === null && b.unit === null) return undefined;
  if (a.unit === null || b.unit === null) return compare(a.item, b.item);
  const factor = ratioOf(a.unit, b.unit);
  if (factor === null) return null;
  if (factor.value.equals(1)) return compare(a.item, b.item);
  return isExpression(b.item) ? compare(a.item, { kind: 'multiply', items: [factor, b.item] }) : null;
}

const isModulus = (unit: string): boolean => unit.startsWith('mod ');

/** How many of the first unit one of the second is; null for units of different things. */
function ratioOf(first: string, second: string): NumberNode | null {
  if (isModulus(first) || isModulus(second)) return first === second ? wholeNumber(1) : null;
  const [a, b] = [unitOf(first), unitOf(second)];
  if (a.unit !== null && b.unit !== null) {
    return sameDimensions(a.unit, b.unit) ? { ...wholeNumber(1), value: b.unit.size.div(a.unit.size) } : null;
  }
  const shared = a.words.some((word) => b.words.includes(word));
  // A unit is no other word, and words are the same when one is: 12 ways, 12 different ways.
  const isUnitAgainstWords = (a.unit === null) !== (b.unit === null);
  const silent = isUnitAgainstWords
    ? a.words.length + b.words.length === 0
    : a.words.length === 0 || b.words.length === 0;
  return shared || silent ? wholeNumber(1) : null;
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
    letters.push(`${divided}${answer.name}`);
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
