/** The value of an expression at given values of its symbols. */
import {
  type Ball,
  exactly,
  isDefined,
  isReal,
  negative,
  type Precision,
  product,
  quotient,
  realOf,
  sum,
  undefinedBall,
} from './ball.js';
import {
  elementaryFunctions,
  euler,
  exponential,
  fromNumber,
  imaginaryUnit,
  logarithm,
  pi,
  power,
  wholeOf,
} from './ball-functions.js';
import { spend } from './budget.js';
import { rationalOf } from './exact.js';
import { type Answer, isExpression, wholeNumber } from './tree.js';

/** Values of symbols by name, in a precision. */
export interface Environment {
  readonly precision: Precision;
  valueOf(name: string): Ball;
}

/** No symbol has a value. */
export const noSymbols = (precision: Precision): Environment => ({ precision, valueOf: () => undefinedBall });

/** Terms that a sum or product with whole bounds may have. */
const mostTerms = 2000;
/** Of series without end so many terms are compared. */
const termsOfSeries = 24;
/** Factorials and binomials up to this are multiplied out. */
const greatestFactorial = 5000;

/** A number that depends on all of its inputs and on nothing else: the value of a function that is not known. */
function fingerprint(precision: Precision, name: string, parameters: readonly Ball[]): Ball {
  if (!parameters.every(isDefined)) return undefinedBall;
  let hash = 0x811c9dc5;
  const take = (text: string) => {
    for (let index = 0; index < text.length; index++)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  };
  take(name);
  // Twelve digits: equal values must have the same hash despite rounding.
  const digits = (value: Ball['re'], error: number) =>
    value.isZero() || value.e < error ? '0' : value.toSignificantDigits(12).toString();
  for (const { re, im, error } of parameters) take(`|${digits(re, error)},${digits(im, error)}`);
  hash ^= hash >>> 15;
  return fromNumber(precision, 0.4 + (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32);
}

/** The value; not defined where it is infinite, unknown, or lost for want of digits. @throws OutOfSteps */
export function evaluate(answer: Answer, environment: Environment): Ball {
  spend(1);
  const { precision } = environment;
  const at = (node: Answer): Ball => evaluate(node, environment);
  switch (answer.kind) {
    case 'number':
      return numberBall(precision, answer.value.s * answer.value.n, answer.value.d);
    case 'symbol':
      return environment.valueOf(answer.name);
    case 'constant':
      return constant(precision, answer.name);
    case 'negate':
      return negative(at(answer.item));
    case 'percent':
      return quotient(precision, at(answer.item), fromNumber(precision, 100));
    case 'degree':
      return at(answer.item);
    case 'factorial':
      return factorial(precision, at(answer.item));
    case 'add':
      return answer.items.map(at).reduce((total, value) => sum(precision, total, value));
    case 'multiply':
      return answer.items.map(at).reduce((total, value) => product(precision, total, value));
    case 'divide':
      return quotient(precision, at(answer.left), at(answer.right));
    case 'power':
      return powerOf(answer.left, answer.right, environment);
    case 'call':
      return call(answer.name, answer.parameters, environment);
    case 'ratio':
      if (!answer.items.every(isExpression)) return undefinedBall;
      return answer.items.map(at).reduce((left, right) => quotient(precision, left, right));
    case 'based':
      return fingerprint(precision, `base ${answer.digits} ${answer.base}`, []);
    case 'relation':
      return fingerprint(precision, `relation ${answer.operators.join(' ')}`, answer.items.map(at));
    case 'tuple':
      return fingerprint(precision, 'tuple', answer.items.map(at));
    default:
      return undefinedBall;
  }
}

function numberBall(precision: Precision, n: bigint, d: bigint): Ball {
  const top = fromNumber(precision, n);
  return d === 1n ? top : quotient(precision, top, fromNumber(precision, d));
}

function constant(precision: Precision, name: 'pi' | 'e' | 'i' | 'infinity'): Ball {
  switch (name) {
    case 'pi':
      return pi(precision);
    case 'e':
      return euler(precision);
    case 'i':
      return imaginaryUnit(precision);
    case 'infinity':
      return undefinedBall;
  }
}

function powerOf(left: Answer, right: Answer, environment: Environment): Ball {
  const { precision } = environment;
  if (left.kind === 'constant' && left.name === 'e') {
    return exponential(precision, evaluate(right, environment));
  }
  const base = evaluate(left, environment);
  // An odd root of a negative number is the real one: (-8)^{1/3} = -2.
  if (isDefined(base) && isReal(base) && base.re.isNegative() && !base.re.isZero()) {
    const fraction = rationalOf(right);
    if (fraction !== null && fraction.d % 2n === 1n && fraction.d > 1n) {
      const exponent = numberBall(precision, fraction.s * fraction.n, fraction.d);
      const size = power(precision, negative(base), exponent);
      return fraction.n % 2n === 1n ? negative(size) : size;
    }
  }
  return power(precision, base, evaluate(right, environment));
}

/** A whole number of at most `greatest`; null for any other. */
function smallWhole(value: Ball, greatest: number): number | null {
  const whole = isDefined(value) ? wholeOf(value) : null;
  return whole?.abs().lte(greatest) ? whole.toNumber() : null;
}

function factorial(precision: Precision, value: Ball): Ball {
  const whole = smallWhole(value, greatestFactorial);
  if (whole === null || whole < 0) return undefinedBall;
  let total = fromNumber(precision, 1);
  for (let factor = 2; factor <= whole; factor++)
    total = product(precision, total, fromNumber(precision, factor));
  return total;
}

/** n (n − 1) … (n − k + 1) / k! for any n and a whole k. */
function binomial(precision: Precision, n: Ball, k: Ball): Ball {
  const whole = smallWhole(n, Number.MAX_SAFE_INTEGER);
  let steps = smallWhole(k, Number.MAX_SAFE_INTEGER);
  if (steps === null || steps < 0) return undefinedBall;
  if (whole !== null && whole >= 0) {
    if (steps > whole) return fromNumber(precision, 0);
    steps = Math.min(steps, whole - steps);
  }
  if (steps > greatestFactorial) return undefinedBall;
  let total = fromNumber(precision, 1);
  for (let step = 1; step <= steps; step++) {
    const factor = sum(precision, n, fromNumber(precision, 1 - step));
    total = quotient(precision, product(precision, total, factor), fromNumber(precision, step));
  }
  return total;
}

const angleFunctions = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc']);
const logarithms = new Set(['log', 'lg', 'ln']);

function call(name: string, parameters: readonly Answer[], environment: Environment): Ball {
  const { precision } = environment;
  if (name === 'sum' || name === 'prod') {
    const total = finiteSum(name, parameters, environment);
    if (total !== null) return total;
  }
  const inRadians = angleFunctions.has(name);
  const values = parameters.map((parameter) =>
    evaluate(inRadians ? radians(parameter) : parameter, environment),
  );
  const [first, second] = values;
  if (first === undefined) return undefinedBall;
  if (logarithms.has(name) && (second !== undefined || name !== 'ln')) {
    const base = second ?? fromNumber(precision, 10);
    return quotient(precision, logarithm(precision, first), logarithm(precision, base));
  }
  const elementary = Object.hasOwn(elementaryFunctions, name) ? elementaryFunctions[name] : undefined;
  if (second === undefined && elementary !== undefined) return elementary(precision, first);
  if (name === 'max' || name === 'min') return extreme(name, values);
  if (name === 'binom' && second !== undefined) return binomial(precision, first, second);
  if (Object.hasOwn(wholeFunctions, name) && second !== undefined) {
    return ofWholeNumbers(name, parameters, values, precision);
  }
  return fingerprint(precision, name, values);
}

function ofWholeNumbers(
  name: string,
  parameters: readonly Answer[],
  values: readonly Ball[],
  precision: Precision,
): Ball {
  const exact = rationalOf({ kind: 'call', name, parameters: [...parameters] });
  if (exact !== null) return numberBall(precision, exact.s * exact.n, exact.d);
  const whole = wholeFunctions[name];
  return values.reduce((a, b) => {
    const [x, y] = [smallWhole(a, Number.MAX_SAFE_INTEGER), smallWhole(b, Number.MAX_SAFE_INTEGER)];
    return x === null || y === null || whole === undefined
      ? undefinedBall
      : fromNumber(precision, whole(x, y));
  });
}

/** Degrees in an angle are radians: 90° − θ is π/2 − θ. */
export function radians(angle: Answer): Answer {
  switch (angle.kind) {
    case 'degree':
      return {
        kind: 'divide',
        left: { kind: 'multiply', items: [angle.item, { kind: 'constant', name: 'pi' }] },
        right: wholeNumber(180),
      };
    case 'add':
    case 'multiply':
      return { ...angle, items: angle.items.map(radians) };
    case 'negate':
      return { ...angle, item: radians(angle.item) };
    case 'divide':
      return { ...angle, left: radians(angle.left) };
    default:
      return angle;
  }
}

function extreme(name: 'max' | 'min', values: readonly Ball[]): Ball {
  const reals = values.map(realOf);
  const known = reals.filter((value) => value !== null);
  if (known.length !== reals.length) return undefinedBall;
  return known.reduce((best, value) => (value.re.gt(best.re) === (name === 'max') ? value : best));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
}

const wholeFunctions: Readonly<Record<string, (a: number, b: number) => number>> = {
  gcd: greatestCommonDivisor,
  lcm: (a, b) => (a === 0 ? 0 : Math.abs(a * b) / greatestCommonDivisor(a, b)),
  mod: (a, b) => (b === 0 ? Number.NaN : ((a % b) + b) % b),
};

/** Σ_{k=a}^{b} and Π, term by term; null when the bounds are not whole numbers near each other. */
function finiteSum(name: string, parameters: readonly Answer[], environment: Environment): Ball | null {
  const [lower, upper, body] = parameters;
  if (lower?.kind !== 'relation' || upper === undefined || body === undefined) return null;
  const [variable, start] = lower.items;
  if (variable?.kind !== 'symbol' || start === undefined) return null;
  const { precision } = environment;
  const from = smallWhole(evaluate(start, environment), Number.MAX_SAFE_INTEGER);
  const isEndless = upper.kind === 'constant' && upper.name === 'infinity';
  const last = isEndless ? null : smallWhole(evaluate(upper, environment), Number.MAX_SAFE_INTEGER);
  const to = isEndless && from !== null ? from + termsOfSeries : last;
  if (from === null || to === null || to - from > mostTerms) return null;
  let total = fromNumber(precision, name === 'sum' ? 0 : 1);
  const combine = name === 'sum' ? sum : product;
  for (let index = from; index <= to; index++) {
    const value = exactly(new precision.number(index));
    const inner: Environment = {
      precision,
      valueOf: (symbol) => (symbol === variable.name ? value : environment.valueOf(symbol)),
    };
    total = combine(precision, total, evaluate(body, inner));
  }
  return total;
}
