/** Elementary functions of complex numbers with their errors. */
import { Decimal } from 'decimal.js';
import {
  type Ball,
  ball,
  exactly,
  isDefined,
  isReal,
  mayBeZero,
  negative,
  type Precision,
  product,
  quotient,
  realOf,
  sizeOf,
  sizeOfBall,
  sum,
  undefinedBall,
} from './ball.js';
import { spend } from './budget.js';

/** Constants by the digits of their precision: computing them takes long. */
const known = new Map<string, Ball>();

function constant(precision: Precision, name: string, value: () => Decimal): Ball {
  const key = `${name} ${precision.digits}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const ball: Ball = { re: value(), im: new precision.number(0), error: 1 - precision.digits };
  known.set(key, ball);
  return ball;
}

export const pi = (precision: Precision): Ball => constant(precision, 'π', () => precision.number.acos(-1));
export const euler = (precision: Precision): Ball => constant(precision, 'e', () => precision.number.exp(1));

export const imaginaryUnit = (precision: Precision): Ball => ({
  re: new precision.number(0),
  im: new precision.number(1),
  error: Number.NEGATIVE_INFINITY,
});

export const fromNumber = (precision: Precision, value: number | bigint | string): Ball =>
  exactly(new precision.number(typeof value === 'bigint' ? value.toString() : value));

/** What a transcendental function of real numbers costs, in steps. */
const costOf = (precision: Precision): number => (precision.digits * precision.digits) / 25;

/** As a multiple of the others. */
const costOfInverses = 8;

/** A function of a real number, with the error that comes from its argument. */
function ofReal(precision: Precision, error: number, value: () => Decimal, cost = 1): Ball {
  spend(cost * costOf(precision));
  try {
    return ball(precision, value(), new Decimal(0), error);
  } catch (problem) {
    // decimal.js knows π and ln 10 to a thousand digits, which arguments of more digits exceed.
    if (problem instanceof Error && problem.message.startsWith('[DecimalError]')) return undefinedBall;
    throw problem;
  }
}

function squareRoot(precision: Precision, x: Ball): Ball {
  if (!isDefined(x)) return undefinedBall;
  const real = realOf(x);
  const near = mayBeZero(x);
  if (real !== null) {
    const root = real.re.abs().sqrt();
    const error = near ? x.error / 2 : x.error - (sizeOf(root) - 1);
    spend(1 + costOf(precision) / 10);
    return real.re.isNegative()
      ? ball(precision, new precision.number(0), root, error)
      : ball(precision, root, new precision.number(0), error);
  }
  const size = x.re.mul(x.re).add(x.im.mul(x.im)).sqrt();
  const re = size.add(x.re.abs()).div(2).sqrt();
  const im = x.im.abs().div(2).div(re);
  const error = x.error - (sizeOf(re) - 1);
  spend(4 + costOf(precision) / 4);
  const sign = x.im.isNegative() ? -1 : 1;
  return x.re.isNegative()
    ? ball(precision, im, re.mul(sign), error)
    : ball(precision, re, im.mul(sign), error);
}

function absolute(precision: Precision, x: Ball): Ball {
  const real = realOf(x);
  if (real !== null) return { ...real, re: real.re.abs() };
  spend(1 + costOf(precision) / 10);
  return ball(precision, x.re.mul(x.re).add(x.im.mul(x.im)).sqrt(), new precision.number(0), x.error + 0.5);
}

export function exponential(precision: Precision, x: Ball): Ball {
  if (!isDefined(x) || x.error > 0) return undefinedBall;
  const size = ofReal(precision, Number.NEGATIVE_INFINITY, () => x.re.exp());
  const withError = { ...size, error: Math.max(size.error, sizeOf(size.re) + x.error) };
  if (!isDefined(size) || size.re.isZero()) return undefinedBall;
  if (x.im.isZero()) return withError;
  const angle: Ball = { re: x.im, im: x.im.mul(0), error: x.error };
  const [re, im] = [cosine(precision, angle), sine(precision, angle)];
  return product(precision, withError, { re: re.re, im: im.re, error: Math.max(re.error, im.error) });
}

export function logarithm(precision: Precision, x: Ball): Ball {
  if (!isDefined(x) || mayBeZero(x)) return undefinedBall;
  const error = x.error - sizeOfBall(x) + 1;
  const real = realOf(x);
  if (real !== null) {
    const part = ofReal(precision, error, () => real.re.abs().ln());
    return real.re.isNegative()
      ? sum(precision, part, product(precision, pi(precision), imaginaryUnit(precision)))
      : part;
  }
  const size = ofReal(precision, error, () => x.re.mul(x.re).add(x.im.mul(x.im)).ln().div(2));
  const angle = ofReal(precision, error, () => precision.number.atan2(x.im, x.re), costOfInverses);
  return { re: size.re, im: angle.re, error: Math.max(size.error, angle.error) };
}

/** sin or cos of a real number: its argument loses as many digits as it has before the point. */
function circular(precision: Precision, x: Ball, name: 'sin' | 'cos'): Ball {
  const error = Math.max(x.error, sizeOf(x.re) - precision.digits + 1);
  return error > -5 ? undefinedBall : ofReal(precision, error, () => x.re[name]());
}

const i = (precision: Precision, x: Ball): Ball => product(precision, imaginaryUnit(precision), x);

function sine(precision: Precision, x: Ball): Ball {
  if (isReal(x)) return circular(precision, realOf(x) ?? undefinedBall, 'sin');
  const [up, down] = [
    exponential(precision, i(precision, x)),
    exponential(precision, negative(i(precision, x))),
  ];
  return quotient(precision, sum(precision, up, negative(down)), fromImaginary(precision, 2));
}

function cosine(precision: Precision, x: Ball): Ball {
  if (isReal(x)) return circular(precision, realOf(x) ?? undefinedBall, 'cos');
  const [up, down] = [
    exponential(precision, i(precision, x)),
    exponential(precision, negative(i(precision, x))),
  ];
  return quotient(precision, sum(precision, up, down), fromNumber(precision, 2));
}

const fromImaginary = (precision: Precision, value: number): Ball =>
  product(precision, imaginaryUnit(precision), fromNumber(precision, value));

/** arcsin z = −i ln(iz + √(1 − z²)) */
function arcsine(precision: Precision, x: Ball): Ball {
  const real = realOf(x);
  if (real?.re.abs().lte(1)) {
    const error = x.error === Number.NEGATIVE_INFINITY ? x.error : x.error / 2;
    return ofReal(precision, error, () => real.re.asin(), costOfInverses);
  }
  const one = fromNumber(precision, 1);
  const root = squareRoot(precision, sum(precision, one, negative(product(precision, x, x))));
  return negative(i(precision, logarithm(precision, sum(precision, i(precision, x), root))));
}

/** arctan z = (i/2) (ln(1 − iz) − ln(1 + iz)) */
function arctangent(precision: Precision, x: Ball): Ball {
  const real = realOf(x);
  if (real !== null) return ofReal(precision, x.error, () => real.re.atan(), costOfInverses);
  const one = fromNumber(precision, 1);
  const turned = i(precision, x);
  const difference = sum(
    precision,
    logarithm(precision, sum(precision, one, negative(turned))),
    negative(logarithm(precision, sum(precision, one, turned))),
  );
  return quotient(precision, i(precision, difference), fromNumber(precision, 2));
}

function hyperbolic(precision: Precision, x: Ball, sign: 1 | -1): Ball {
  const [up, down] = [exponential(precision, x), exponential(precision, negative(x))];
  const total = sum(precision, up, sign === 1 ? down : negative(down));
  return quotient(precision, total, fromNumber(precision, 2));
}

function rounded(x: Ball, round: (value: Decimal) => Decimal): Ball {
  const real = realOf(x);
  if (real === null || real.error > -3) return undefinedBall;
  const nearest = real.re.round();
  const isWhole = nearest
    .sub(real.re)
    .abs()
    .lte(new Decimal(10).pow(Math.ceil(real.error) + 1));
  return exactly(isWhole ? nearest : round(real.re));
}

/** A rounded number that is whole as far as its digits tell is that whole number; null for any other. */
export function wholeOf(x: Ball): Decimal | null {
  const floor = rounded(x, (value) => value.floor());
  if (!isDefined(floor)) return null;
  return floor.re
    .sub(x.re)
    .abs()
    .lte(new Decimal(10).pow(Math.ceil(Math.max(x.error, -1000)) + 1))
    ? floor.re
    : null;
}

type Elementary = (precision: Precision, x: Ball) => Ball;

const over =
  (top: Elementary, bottom: Elementary): Elementary =>
  (precision, x) =>
    quotient(precision, top(precision, x), bottom(precision, x));
const unit: Elementary = (precision) => fromNumber(precision, 1);
const hyperbolicSine: Elementary = (precision, x) => hyperbolic(precision, x, -1);
const hyperbolicCosine: Elementary = (precision, x) => hyperbolic(precision, x, 1);
const arccosine: Elementary = (precision, x) =>
  sum(
    precision,
    quotient(precision, pi(precision), fromNumber(precision, 2)),
    negative(arcsine(precision, x)),
  );

/** Functions of one number, by name. */
export const elementaryFunctions: Readonly<Record<string, Elementary>> = {
  sqrt: squareRoot,
  abs: absolute,
  exp: exponential,
  ln: logarithm,
  sin: sine,
  cos: cosine,
  tan: over(sine, cosine),
  cot: over(cosine, sine),
  sec: over(unit, cosine),
  csc: over(unit, sine),
  arcsin: arcsine,
  asin: arcsine,
  acos: arccosine,
  atan: arctangent,
  arccos: arccosine,
  arctan: arctangent,
  arccot: (precision, x) => arctangent(precision, quotient(precision, fromNumber(precision, 1), x)),
  arcsec: (precision, x) => arccosine(precision, quotient(precision, fromNumber(precision, 1), x)),
  arccsc: (precision, x) => arcsine(precision, quotient(precision, fromNumber(precision, 1), x)),
  sinh: hyperbolicSine,
  cosh: hyperbolicCosine,
  tanh: over(hyperbolicSine, hyperbolicCosine),
  coth: over(hyperbolicCosine, hyperbolicSine),
  sech: over(unit, hyperbolicCosine),
  csch: over(unit, hyperbolicSine),
  arsinh: (precision, x) =>
    logarithm(
      precision,
      sum(precision, x, squareRoot(precision, sum(precision, product(precision, x, x), unit(precision, x)))),
    ),
  arcosh: (precision, x) =>
    logarithm(
      precision,
      sum(
        precision,
        x,
        squareRoot(precision, sum(precision, product(precision, x, x), negative(unit(precision, x)))),
      ),
    ),
  artanh: (precision, x) =>
    quotient(
      precision,
      logarithm(
        precision,
        quotient(
          precision,
          sum(precision, unit(precision, x), x),
          sum(precision, unit(precision, x), negative(x)),
        ),
      ),
      fromNumber(precision, 2),
    ),
  floor: (_, x) => rounded(x, (value) => value.floor()),
  ceil: (_, x) => rounded(x, (value) => value.ceil()),
};

/** base^exponent by the principal branch. */
export function power(precision: Precision, base: Ball, exponent: Ball): Ball {
  if (!isDefined(base) || !isDefined(exponent)) return undefinedBall;
  if (mayBeZero(exponent)) return fromNumber(precision, 1);
  if (mayBeZero(base)) {
    return isReal(exponent) && exponent.re.isPositive()
      ? { ...base, re: base.re.mul(0), im: base.re.mul(0) }
      : undefinedBall;
  }
  const whole =
    exponent.im.isZero() && exponent.re.isInteger() && exponent.error === Number.NEGATIVE_INFINITY;
  if (isReal(base) && isReal(exponent) && (whole || base.re.isPositive())) {
    const steps = Math.max(0, sizeOf(exponent.re));
    // d(bᵉ) = bᵉ (e db / b + ln b de)
    const logarithmSize = Math.log10(1 + Math.abs(sizeOf(base.re)) * Math.LN10);
    const relative = Math.max(
      base.error - sizeOfBall(base) + 1 + steps,
      exponent.error + logarithmSize,
      steps + logarithmSize - precision.digits,
    );
    const result = ofReal(precision, Number.NEGATIVE_INFINITY, () => base.re.pow(exponent.re));
    if (!isDefined(result) || result.re.isZero() || relative > -5) return undefinedBall;
    return { ...result, error: Math.max(result.error, sizeOf(result.re) + relative) + 0.5 };
  }
  if (whole && exponent.re.abs().lt(64)) {
    let result = fromNumber(precision, 1);
    for (let step = exponent.re.abs().toNumber(); step > 0; step--) result = product(precision, result, base);
    return exponent.re.isNegative() ? quotient(precision, fromNumber(precision, 1), result) : result;
  }
  return exponential(precision, product(precision, exponent, logarithm(precision, base)));
}
