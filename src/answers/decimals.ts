/** Decimals that were rounded or cut off, alone or within a formula. */
import type { Decimal } from 'decimal.js';
import { type Ball, isDefined, type Precision, precisionOf, realOf } from './ball.js';
import { type Environment, evaluate, noSymbols } from './evaluate.js';
import { rationalOf } from './exact.js';
import { placesFor } from './places.js';
import { type Answer, type NumberNode, replaced, some, symbolsOf } from './tree.js';

/**
 * A decimal stands for a value with more digits when it agrees with it in all of its own but the last, and has at least
 * this many significant ones: 0.333333 is 1/3, 0.333 is not. What could have been written exactly in as many digits
 * is not rounded: 0.999999 is not 1.
 */
const significantDigits = 6;
/** Programs print doubles with so many digits, the last of which are noise: 0.30000000000000004. */
const digitsOfDoubles = 16;
const noiseOfDoubles = '2e-16';

/** Whether one of the two has one decimal that stands for the value with which it would equal the other. */
export function equalAsDecimals(precision: Precision, gold: Answer, prediction: Answer): boolean {
  return standsFor(precision, gold, prediction) || standsFor(precision, prediction, gold);
}

/** Whether a decimal of any length is a value rounded to its digits, as after ≈. */
export function roundsTo(decimal: Answer, value: Answer): boolean {
  const number = decimal.kind === 'negate' ? decimal.item : decimal;
  const exact = realOf(evaluate(value, noSymbols(shortPrecision)));
  const rounded = realOf(evaluate(decimal, noSymbols(shortPrecision)));
  if (number.kind !== 'number' || exact === null || rounded === null) return false;
  const unit = new shortPrecision.number(10).pow(-(number.decimals ?? 0));
  return exact.re.sub(rounded.re).abs().lt(unit);
}

const shortPrecision = precisionOf(40);

const literal = 'rounded literal';

function standsFor(precision: Precision, answer: Answer, other: Answer): boolean {
  const decimals: NumberNode[] = [];
  some(answer, (node) => {
    if (node.kind === 'number' && node.decimals !== null && significantOf(node) >= significantDigits)
      decimals.push(node);
    return false;
  });
  const [decimal] = decimals;
  if (decimal === undefined || decimals.length > 1) return false;
  const formula = replaced(answer, (node) => (node === decimal ? { kind: 'symbol', name: literal } : null));
  const written = new precision.number(decimal.value.n.toString()).div(decimal.value.d.toString());
  const unit = new precision.number(10).pow(-(decimal.decimals ?? 0));
  const places: readonly Environment[] =
    symbolsOf(answer).length + symbolsOf(other).length > 0
      ? placesFor([answer, other]).slice(0, 4)
      : [noSymbols(precision)];
  const exact = formula.kind === 'symbol' ? rationalOf(other) : null;
  let value: Decimal | null = null;
  for (const place of places) {
    const at = (given: Decimal): Ball =>
      evaluate(formula, {
        precision,
        valueOf: (name) =>
          name === literal
            ? { re: given, im: given.mul(0), error: Number.NEGATIVE_INFINITY }
            : place.valueOf(name),
      });
    const found = solved(at, written, unit, evaluate(other, place));
    if (found === null || (value !== null && found.sub(value).abs().gt(value.abs().mul('1e-18'))))
      return false;
    value = found;
  }
  return value !== null && isRounded(written, unit, value, decimal, exact === null ? null : exact.d);
}

/** What the decimal would have to be: by the secant, twice, as formulas are nearly linear in so small a change. */
function solved(at: (given: Decimal) => Ball, written: Decimal, unit: Decimal, other: Ball): Decimal | null {
  const wanted = realOf(other);
  if (wanted === null) return null;
  let [low, high] = [written, written.add(unit)];
  for (let step = 0; step < 4; step++) {
    const [a, b] = [realOf(at(low)), realOf(at(high))];
    if (a === null || b === null || !isDefined(a) || !isDefined(b)) return null;
    const slope = b.re.sub(a.re);
    if (slope.isZero()) return step === 0 ? null : low;
    const next = low.add(wanted.re.sub(a.re).mul(high.sub(low)).div(slope));
    if (
      next
        .sub(written)
        .abs()
        .gt(unit.mul(2).add(written.abs().mul(noiseOfDoubles)))
    )
      return null;
    if (next.sub(low).abs().lt(unit.mul('1e-24'))) return next;
    [low, high] = [next, next.add(unit.mul('1e-9'))];
  }
  return low;
}

/** Significant digits, zeros before them not counted. */
function significantOf({ value, decimals }: NumberNode): number {
  const size = Math.abs(value.valueOf());
  return (decimals ?? 0) + (size === 0 ? 0 : Math.floor(Math.log10(size)) + 1);
}

function isRounded(
  written: Decimal,
  unit: Decimal,
  value: Decimal,
  decimal: NumberNode,
  denominator: bigint | null,
): boolean {
  const difference = value.sub(written);
  if (significantOf(decimal) >= digitsOfDoubles && difference.abs().lte(written.abs().mul(noiseOfDoubles)))
    return true;
  const inUnits = value.div(unit);
  if (inUnits.sub(inUnits.round()).abs().lt('1e-12')) return false;
  if (difference.abs().lte(unit.div(2).mul(1 + 1e-6))) return true;
  // Infinite digits are cut off; a finite decimal is rounded.
  const missing = written.isNegative() ? difference.neg() : difference;
  return isEndless(inUnits, denominator) && !missing.isNegative() && missing.lt(unit);
}

/** Whether the digits go on: no prime but 2 and 5 divides a denominator of decimals that end. */
function isEndless(inUnits: Decimal, denominator: bigint | null): boolean {
  if (denominator === null) {
    const further = inUnits.mul(1e12);
    return further.sub(further.round()).abs().gt('1e-6');
  }
  let rest = denominator;
  for (const prime of [2n, 5n]) while (rest % prime === 0n) rest /= prime;
  return rest !== 1n;
}
