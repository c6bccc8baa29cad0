/** Where expressions in unknowns are compared: near zero, beside their constants, and far out on both sides. */
import { type Ball, type Precision, precisionOf } from './ball.js';
import { fromNumber } from './ball-functions.js';
import type { Environment } from './evaluate.js';
import { rationalOf } from './exact.js';
import { type Answer, childrenOf, isExpression, some, symbolsOf } from './tree.js';

/** A number from 0 to 1 that depends on the name and the place alone. */
function uniform(name: string, place: number): number {
  let hash = 0x9e3779b9 ^ Math.imul(place + 1, 0x85ebca6b);
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x297a2d39);
  return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
}

type Place = (name: string, index: number) => number;

/** Between two sizes; with `signed` about half of the symbols are negative. */
const between =
  (least: number, most: number, signed: boolean): Place =>
  (name, index) => {
    const size = least + (most - least) * uniform(name, index);
    return signed && uniform(`${name}±`, index) < 0.5 ? -size : size;
  };

const negativeOf =
  (place: Place): Place =>
  (name, index) =>
    -place(name, index);

const realPlaces: readonly Place[] = [
  between(0.3, 2.5, false),
  between(0.3, 2.5, true),
  negativeOf(between(0.3, 2.5, false)),
  between(0.05, 0.95, false),
  between(0.05, 0.95, true),
  between(3, 12, false),
  between(3, 12, true),
  between(0.3, 2.5, true),
  negativeOf(between(3, 12, false)),
  between(0.3, 2.5, false),
  between(40, 90, false),
  between(300, 900, true),
  negativeOf(between(20_000, 90_000, false)),
  between(20_000, 90_000, false),
];

/** Whole numbers, for factorials, binomials, sums and powers of −1. */
const wholePlaces: readonly Place[] = [
  (name, index) => 5 + Math.floor(9 * uniform(name, index)),
  () => 1,
  (name, index) => 2 + Math.floor(4 * uniform(name, index)),
  () => 2,
  (name, index) => 8 + Math.floor(12 * uniform(name, index)),
  (name, index) => 3 + Math.floor(7 * uniform(name, index)),
  () => 3,
  (name, index) => 12 + Math.floor(9 * uniform(name, index)),
  (name, index) => 6 + Math.floor(15 * uniform(name, index)),
  (name, index) => 20 + Math.floor(30 * uniform(name, index)),
];

/** Constants beside which places are taken, of each side. */
const mostConstants = 6;

/** Numbers that stand in the tree, without those that are powers. */
function constantsOf(answer: Answer, found: number[]): void {
  if (isExpression(answer) && symbolsOf(answer).length === 0) {
    const value = rationalOf(answer)?.valueOf();
    if (value !== undefined && Number.isFinite(value) && value !== 0) found.push(value);
  }
  for (const child of childrenOf(answer)) constantsOf(child, found);
}

/** Around c and −c. */
function besides(constant: number): Place[] {
  const near: Place = (name, index) => constant * (1 + 0.08 * (uniform(name, index) - 0.5));
  return [near, negativeOf(near)];
}

const isBuiltOfWholeNumbers = (node: Answer): boolean =>
  node.kind === 'factorial' ||
  (node.kind === 'call' && (node.name === 'binom' || node.name === 'sum' || node.name === 'prod')) ||
  // (−1)ⁿ
  (node.kind === 'power' && symbolsOf(node.right).length > 0 && (rationalOf(node.left)?.s ?? 1n) < 0n);

const hasCorners = (node: Answer): boolean =>
  node.kind === 'call' && ['abs', 'max', 'min', 'floor', 'ceil', 'sqrt'].includes(node.name);

/** Digits beyond those of the numbers that are written. */
const sparedDigits = 40;
const mostDigits = 120;
const usual = precisionOf(sparedDigits);

/** Long numbers are not rounded. */
function precisionFor(expressions: readonly Answer[]): Precision {
  let longest = 0;
  for (const expression of expressions) {
    some(expression, (node) => {
      if (node.kind === 'number') longest = Math.max(longest, node.value.toFraction().length);
      return false;
    });
  }
  return longest < sparedDigits / 2
    ? usual
    : precisionOf(Math.min(mostDigits, 20 * Math.ceil((sparedDigits + longest) / 20)));
}

/**
 * Places at which two expressions in the same unknowns are compared: an identity holds at all of them.
 * @param isBesideConstants whether there are places beside the constants, where the expressions may have corners or zeros
 */
export function placesFor(
  expressions: readonly Answer[],
  isBesideConstants = expressions.some((expression) => some(expression, hasCorners)),
): readonly Environment[] {
  const whole = expressions.some((expression) => some(expression, isBuiltOfWholeNumbers));
  const places = [...(whole ? wholePlaces : realPlaces)];
  if (!whole && isBesideConstants) {
    for (const expression of expressions) {
      const constants: number[] = [];
      constantsOf(expression, constants);
      places.push(...[...new Set(constants)].slice(0, mostConstants).flatMap(besides));
    }
  }
  const precision = precisionFor(expressions);
  return places.map((place, index) => ({
    precision,
    valueOf: (name): Ball => fromNumber(precision, Number(place(name, index).toPrecision(7))),
  }));
}
