/** Complex numbers of any size and many digits, each with a bound of its error: what tells equal from close. */
import { Decimal } from 'decimal.js';
import { spend } from './budget.js';

/** Numbers of one precision; `digits` of them are significant. */
export interface Precision {
  readonly digits: number;
  readonly number: typeof Decimal;
  /** Whether a sum is not defined where it has too few digits for a part of it: e^300 + 1 is then no e^300. */
  readonly isStrict: boolean;
}

export const precisionOf = (digits: number, isStrict = true): Precision => ({
  digits,
  isStrict,
  number: numbersOf(digits),
});

const numbers = new Map<number, typeof Decimal>();

function numbersOf(digits: number): typeof Decimal {
  const found = numbers.get(digits) ?? Decimal.clone({ precision: digits, defaults: true });
  numbers.set(digits, found);
  return found;
}

/** A number in the complex plane; its two parts are off by at most 10^error, and by nothing at −∞. */
export interface Ball {
  readonly re: Decimal;
  readonly im: Decimal;
  readonly error: number;
}

const nothing = new Decimal(0);

export const exactly = (value: Decimal): Ball => ({
  re: value,
  im: nothing,
  error: Number.NEGATIVE_INFINITY,
});
export const undefinedBall: Ball = {
  re: new Decimal(Number.NaN),
  im: nothing,
  error: Number.POSITIVE_INFINITY,
};

/** |x| < 10^size; −∞ for zero. */
export const sizeOf = (value: Decimal): number => (value.isZero() ? Number.NEGATIVE_INFINITY : value.e + 1);
export const sizeOfBall = ({ re, im }: Ball): number => Math.max(sizeOf(re), sizeOf(im));

export const isDefined = ({ re, im }: Ball): boolean => re.isFinite() && im.isFinite();

/** Whether it may be zero, as far as its digits tell. */
export const mayBeZero = (ball: Ball): boolean => within(ball.re, ball.error) && within(ball.im, ball.error);
export const isReal = (ball: Ball): boolean => within(ball.im, ball.error);

const within = (value: Decimal, error: number): boolean => value.isZero() || value.e < error;

/** The real number, exact or not; null for one that is not real. */
export const realOf = (ball: Ball): Ball | null =>
  !isDefined(ball) || !isReal(ball) ? null : ball.im.isZero() ? ball : { ...ball, im: nothing };

/** Without taking over the few digits that a constant zero was made with. */
const plus = (a: Decimal, b: Decimal): Decimal => (a.isZero() ? b : b.isZero() ? a : a.add(b));

/** The error of what has several errors. */
function together(...errors: number[]): number {
  const greatest = Math.max(...errors);
  if (!Number.isFinite(greatest)) return greatest;
  let total = 0;
  for (const error of errors) total += 10 ** (error - greatest);
  return greatest + Math.log10(total);
}

/** Parts and the error that they come with, to which rounding adds. */
export function ball(precision: Precision, re: Decimal, im: Decimal, error: number): Ball {
  if (!re.isFinite() || !im.isFinite()) return undefinedBall;
  const rounding = Math.max(sizeOf(re), sizeOf(im)) - precision.digits + 1;
  return { re, im, error: together(error, rounding) };
}

export const negative = ({ re, im, error }: Ball): Ball => ({ re: re.neg(), im: im.neg(), error });

/** Digits that a part of a sum must have beyond the error. */
const digitsOfPart = 8;

export function sum(precision: Precision, a: Ball, b: Ball): Ball {
  spend(1);
  const total = ball(precision, plus(a.re, b.re), plus(a.im, b.im), together(a.error, b.error));
  const lost = (part: Ball) =>
    sizeOfBall(part) > part.error + 2 && sizeOfBall(part) < total.error + digitsOfPart;
  return precision.isStrict && (lost(a) || lost(b)) ? undefinedBall : total;
}

export function product(precision: Precision, a: Ball, b: Ball): Ball {
  spend(1);
  const error = together(a.error + sizeOfBall(b), b.error + sizeOfBall(a));
  if (a.im.isZero() && b.im.isZero()) {
    return ball(precision, a.re.mul(b.re), nothing, Number.isNaN(error) ? Number.NEGATIVE_INFINITY : error);
  }
  const re = plus(a.re.mul(b.re), a.im.mul(b.im).neg());
  const im = plus(a.re.mul(b.im), a.im.mul(b.re));
  const lost = sizeOfBall(a) + sizeOfBall(b) - precision.digits;
  return ball(precision, re, im, together(error, lost));
}

export function quotient(precision: Precision, a: Ball, b: Ball): Ball {
  spend(1);
  if (mayBeZero(b)) return undefinedBall;
  const size = sizeOfBall(b) - 1;
  const error = together(a.error - size, b.error + sizeOfBall(a) - 2 * size);
  if (a.im.isZero() && b.im.isZero()) {
    return ball(precision, a.re.div(b.re), nothing, Number.isNaN(error) ? Number.NEGATIVE_INFINITY : error);
  }
  const norm = plus(b.re.mul(b.re), b.im.mul(b.im));
  const re = plus(a.re.mul(b.re), a.im.mul(b.im)).div(norm);
  const im = plus(a.im.mul(b.re), a.re.mul(b.im).neg()).div(norm);
  const lost = sizeOfBall(a) - size - precision.digits + 1;
  return ball(precision, re, im, together(error, lost));
}

/** Digits that two numbers must share to be the same. */
const leastDigits = 25;

/** Whether they are the same as far as their digits tell; null where they have too few to tell. */
export function same(precision: Precision, a: Ball, b: Ball): boolean | null {
  if (!isDefined(a) || !isDefined(b)) return null;
  const error = together(a.error, b.error, Math.max(sizeOfBall(a), sizeOfBall(b)) - precision.digits + 2);
  if (!within(a.re.sub(b.re), error) || !within(a.im.sub(b.im), error)) return false;
  // What is zero has no significant digits: its error is compared with 1.
  return error <= Math.max(sizeOfBall(a), sizeOfBall(b), 0) - Math.min(leastDigits, precision.digits / 2)
    ? true
    : null;
}
