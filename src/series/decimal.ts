/** Decimal digits to the nearest double, as JSON.parse rounds, without making text of them. */

/** Powers of ten that are doubles. */
const powers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Below it all whole numbers are doubles. */
const largestExact = 2 ** 53;
/** Splits a double into two of half its digits, whose products are exact. */
const splitter = 2 ** 27 + 1;
/** How far an error of the arithmetic below may reach, generously. */
const doubt = 1 + 2 ** -30;

/**
 * (`high` · 10^`more` + `low`) · 10^`exponent`, rounded once; NaN where that is not certain.
 * @param high a whole number below 10^15
 * @param low a whole number of `more` digits
 */
export function decimal(high: number, low: number, more: number, exponent: number): number {
  if (exponent < -22 || exponent > 22 || more > 4) return Number.NaN;
  const whole = high * powers[more]! + low;
  if (whole < largestExact) {
    return exponent < 0 ? whole / powers[-exponent]! : whole * powers[exponent]!;
  }
  return exponent > 0 ? Number.NaN : longQuotient(high, low, powers[more]!, powers[-exponent]!);
}

/** (`high` · `scale` + `low`) / `divisor` with twice the digits of a double, then rounded. */
function longQuotient(high: number, low: number, scale: number, divisor: number): number {
  // The dividend as a sum of two doubles, exactly.
  const product = high * scale;
  const rest = productError(high, scale, product) + low;
  const dividend = product + rest;
  const remainder = rest - (dividend - product);
  // One step of long division, whose remainder is exact, and one more for the digits behind.
  const quotient = dividend / divisor;
  const back = quotient * divisor;
  const behind = (dividend - back - productError(quotient, divisor, back) + remainder) / divisor;
  const rounded = quotient + behind;
  const lost = behind - (rounded - quotient);
  // So close to the middle between two doubles that the arithmetic cannot say to which side.
  return rounded + lost * doubt === rounded ? rounded : Number.NaN;
}

/** What a · b has lost when it was rounded to `product` (Dekker). */
function productError(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [upper(a), upper(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function upper(value: number): number {
  const shifted = splitter * value;
  return shifted - (shifted - value);
}
