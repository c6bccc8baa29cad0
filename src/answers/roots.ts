/** Where a function of one real number changes its sign, or ceases to be defined. */
import { Decimal } from 'decimal.js';
import { type Ball, isDefined, realOf } from './ball.js';

/** Null where it is not a real number. */
export type RealFunction = (x: Decimal) => Decimal | null;

export const asReal = (value: Ball): Decimal | null =>
  isDefined(value) ? (realOf(value)?.re ?? null) : null;

/** Far out in powers, and close together around zero; no simple fractions, which functions like to have poles at. */
const grid: readonly number[] = (() => {
  const sizes = Array.from({ length: 26 }, (_, power) => 0.00137 * 1.93 ** power);
  const near = Array.from({ length: 34 }, (_, step) => 0.1713 + step * 0.3517);
  const positive = [...sizes, ...near].sort((a, b) => a - b);
  return [...positive.map((size) => -size).reverse(), ...positive];
})();

/** Halvings of an interval: enough for eighteen digits. */
const halvings = 64;

export interface Border {
  /** Off by less than 10^error. */
  readonly value: Ball;
  /** Whether the function passes zero there, rather than jumping or ceasing to be defined. */
  readonly isRoot: boolean;
}

export function bordersOf(f: RealFunction, number: typeof Decimal): Border[] {
  const found: Border[] = [];
  let low = new number(grid[0] ?? 0);
  let atLow = f(low);
  for (const next of grid.slice(1)) {
    const high = new number(next);
    const atHigh = f(high);
    if (signOf(atLow) !== signOf(atHigh)) found.push(borderBetween(f, [low, atLow], [high, atHigh]));
    [low, atLow] = [high, atHigh];
  }
  return found;
}

const signOf = (value: Decimal | null): number | null =>
  value === null ? null : value.isNegative() ? -1 : value.isZero() ? 0 : 1;

type Point = readonly [x: Decimal, y: Decimal | null];

function borderBetween(f: RealFunction, from: Point, to: Point): Border {
  let [low, high] = [from, to];
  for (let step = 0; step < halvings; step++) {
    const width = high[0].sub(low[0]);
    if (width.lt(high[0].abs().mul('1e-18'))) break;
    const middle = low[0].add(high[0]).div(2);
    const point: Point = [middle, f(middle)];
    if (point[1]?.isZero())
      return { value: { re: middle, im: middle.mul(0), error: Number.NEGATIVE_INFINITY }, isRoot: true };
    if (sameSide(point[1], low[1])) low = point;
    else high = point;
  }
  const [a, b] = [low[1], high[1]];
  const width = high[0].sub(low[0]);
  const value = { re: low[0].add(high[0]).div(2), im: width.mul(0), error: width.e + 1 };
  const least = [from[1], to[1]]
    .map((end) => end?.abs() ?? new Decimal(1))
    .reduce((x, y) => (x.lt(y) ? x : y));
  return { value, isRoot: a !== null && b !== null && a.abs().lt(least) && b.abs().lt(least) };
}

const sameSide = (a: Decimal | null, b: Decimal | null): boolean =>
  a === null || b === null ? a === b : a.isNegative() === b.isNegative();
