/** Exact fractions, small enough for doubles: Countdown's numbers keep them far below 2^53. */

/** Numerator / denominator in lowest terms, the denominator positive. */
export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

export type Operator = '+' | '-' | '*' | '/';

export const operators: readonly Operator[] = ['+', '-', '*', '/'];

function greatestCommonDivisor(a: number, b: number): number {
  let larger = Math.abs(a);
  let smaller = Math.abs(b);
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

function reduced(numerator: number, denominator: number): Rational | null {
  if (!Number.isSafeInteger(numerator) || !Number.isSafeInteger(denominator)) return null;
  // Adding 0 turns −0 into 0.
  if (denominator === 1) return { numerator: numerator + 0, denominator };
  const divisor = greatestCommonDivisor(numerator, denominator) * Math.sign(denominator);
  return { numerator: numerator / divisor + 0, denominator: denominator / divisor };
}

export const integer = (value: number): Rational => ({ numerator: value, denominator: 1 });

const isZero = (value: Rational): boolean => value.numerator === 0;

export const isInteger = (value: Rational): boolean => value.denominator === 1;

/** a ∘ b, exactly; null for a division by zero or where a part would exceed 2^53. */
export function apply(operator: Operator, a: Rational, b: Rational): Rational | null {
  switch (operator) {
    case '+':
      return reduced(
        a.numerator * b.denominator + b.numerator * a.denominator,
        a.denominator * b.denominator,
      );
    case '-':
      return reduced(
        a.numerator * b.denominator - b.numerator * a.denominator,
        a.denominator * b.denominator,
      );
    case '*':
      return reduced(a.numerator * b.numerator, a.denominator * b.denominator);
    case '/':
      return isZero(b) ? null : reduced(a.numerator * b.denominator, a.denominator * b.numerator);
  }
}

/** `27` or `27/4`. */
export const formatRational = (value: Rational): string =>
  isInteger(value) ? `${value.numerator}` : `${value.numerator}/${value.denominator}`;
