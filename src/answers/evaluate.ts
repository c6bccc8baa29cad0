/** The value of an expression: exactly where it is a fraction, else as a complex number at given values of its symbols. */
import Complex from 'complex.js';
import Fraction from 'fraction.js';
import type { Answer } from './tree.js';

/** Values of symbols by name. */
export type Environment = (name: string) => Complex;

/** Exponents up to this are multiplied out exactly. */
const mostExactExponent = 200;
/** Digits of a power that is still computed exactly. */
const mostExactDigits = 600;

/** The expression as a fraction; null when it is not one, or too large to be worth it. */
export function rationalOf(answer: Answer): Fraction | null {
  switch (answer.kind) {
    case 'number':
      return answer.value;
    case 'negate':
      return rationalOf(answer.item)?.neg() ?? null;
    case 'percent':
      return rationalOf(answer.item)?.div(100) ?? null;
    case 'degree':
      return rationalOf(answer.item);
    case 'add':
    case 'multiply': {
      let total = new Fraction(answer.kind === 'add' ? 0 : 1);
      for (const item of answer.items) {
        const value = rationalOf(item);
        if (value === null) return null;
        total = answer.kind === 'add' ? total.add(value) : total.mul(value);
      }
      return total;
    }
    case 'divide': {
      const [left, right] = [rationalOf(answer.left), rationalOf(answer.right)];
      return left === null || right === null || right.equals(0) ? null : left.div(right);
    }
    case 'power':
      return rationalPower(rationalOf(answer.left), rationalOf(answer.right));
    default:
      return null;
  }
}

function rationalPower(base: Fraction | null, exponent: Fraction | null): Fraction | null {
  if (base === null || exponent === null || exponent.d !== 1n) return null;
  const times = exponent.valueOf();
  if (Math.abs(times) > mostExactExponent || (base.equals(0) && times < 0)) return null;
  const digits = (base.n.toString().length + base.d.toString().length) * Math.abs(times);
  return digits > mostExactDigits ? null : base.pow(times);
}

const nan = new Complex(Number.NaN, Number.NaN);
const real = (value: number): Complex => new Complex(value, 0);

/** A number that depends on all of its inputs and on nothing else: the value of a function that is not known. */
function fingerprint(name: string, parameters: readonly Complex[]): Complex {
  let hash = 0x811c9dc5;
  const take = (text: string) => {
    for (let index = 0; index < text.length; index++)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  };
  take(name);
  // Seven digits: equal values must have the same hash despite rounding.
  for (const { re, im } of parameters) take(`|${round(re)},${round(im)}`);
  hash ^= hash >>> 15;
  return real(0.4 + (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32);
}

const round = (value: number): string => (Math.abs(value) < 1e-12 ? '0' : value.toPrecision(7));

type ComplexFunction = (x: Complex) => Complex;
const functions: Readonly<Record<string, ComplexFunction>> = {
  sqrt: (x) => x.sqrt(),
  abs: (x) => real(x.abs()),
  exp: (x) => x.exp(),
  ln: (x) => x.log(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tan: (x) => x.tan(),
  cot: (x) => x.cot(),
  sec: (x) => x.sec(),
  csc: (x) => x.csc(),
  arcsin: (x) => x.asin(),
  arccos: (x) => x.acos(),
  arctan: (x) => x.atan(),
  asin: (x) => x.asin(),
  acos: (x) => x.acos(),
  atan: (x) => x.atan(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  tanh: (x) => x.tanh(),
  floor: (x) => (isReal(x) ? real(Math.floor(x.re + 1e-9)) : nan),
  ceil: (x) => (isReal(x) ? real(Math.ceil(x.re - 1e-9)) : nan),
};

const angleFunctions = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc']);

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
}

/** Functions of two whole numbers or more, applied from the left. */
const wholeFunctions: Readonly<Record<string, (a: number, b: number) => number>> = {
  gcd: greatestCommonDivisor,
  lcm: (a, b) => (a === 0 ? 0 : Math.abs(a * b) / greatestCommonDivisor(a, b)),
  mod: (a, b) => (b === 0 ? Number.NaN : ((a % b) + b) % b),
};

function ofWholeNumbers(name: string, values: readonly Complex[]): Complex {
  const whole = values.every((value) => isReal(value) && Number.isSafeInteger(value.re));
  if (!whole) return fingerprint(name, values);
  return real(values.map(({ re }) => re).reduce(wholeFunctions[name]!));
}

const isReal = (value: Complex): boolean => Math.abs(value.im) < 1e-9;

/** Terms that a sum or product with whole bounds may have. */
const mostTerms = 400;

/** The value; not a number where it is not defined. Never throws. */
export function evaluate(answer: Answer, environment: Environment): Complex {
  const at = (node: Answer): Complex => evaluate(node, environment);
  switch (answer.kind) {
    case 'number':
      return real(answer.value.valueOf());
    case 'symbol':
      return environment(answer.name);
    case 'constant':
      return { pi: Complex.PI, e: Complex.E, i: Complex.I, infinity: real(Number.POSITIVE_INFINITY) }[
        answer.name
      ];
    case 'negate':
      return at(answer.item).neg();
    case 'percent':
      return at(answer.item).div(100);
    case 'degree':
      return at(answer.item);
    case 'factorial':
      return factorial(at(answer.item));
    case 'add':
      return answer.items.map(at).reduce((sum, value) => sum.add(value));
    case 'multiply':
      return answer.items.map(at).reduce((product, value) => product.mul(value));
    case 'divide': {
      const right = at(answer.right);
      return right.re === 0 && right.im === 0 ? nan : at(answer.left).div(right);
    }
    case 'power':
      return power(answer.left, answer.right, at);
    case 'call':
      return call(answer.name, answer.parameters, environment);
    case 'ratio':
      return answer.items.map(at).reduce((left, right) => left.div(right));
    case 'based':
      return fingerprint(`base ${answer.digits} ${answer.base}`, []);
    case 'relation':
      return fingerprint(`relation ${answer.operators.join(' ')}`, answer.items.map(at));
    case 'tuple':
      return fingerprint('tuple', answer.items.map(at));
    default:
      return nan;
  }
}

function power(left: Answer, right: Answer, at: (node: Answer) => Complex): Complex {
  const [base, exponent] = [at(left), at(right)];
  if (base.re === 0 && base.im === 0) return exponent.re > 0 ? real(0) : exponent.re === 0 ? real(1) : nan;
  // An odd root of a negative number is the real one: (-8)^{1/3} = -2.
  if (isReal(base) && base.re < 0) {
    const fraction = rationalOf(right);
    if (fraction !== null && fraction.d % 2n === 1n && fraction.d > 1n) {
      const size = (-base.re) ** fraction.valueOf();
      return real(fraction.n % 2n === 1n ? -size : size);
    }
  }
  if (isReal(base) && isReal(exponent) && (base.re > 0 || Number.isInteger(exponent.re))) {
    return real(base.re ** exponent.re);
  }
  return base.pow(exponent);
}

function factorial(value: Complex): Complex {
  if (!isReal(value) || !Number.isInteger(value.re) || value.re < 0 || value.re > 170) {
    return fingerprint('factorial', [value]);
  }
  let product = 1;
  for (let factor = 2; factor <= value.re; factor++) product *= factor;
  return real(product);
}

/** To a base; without one `ln` has been answered before, and the others are log₁₀. */
const logarithms = new Set(['log', 'lg', 'ln']);

function call(name: string, parameters: readonly Answer[], environment: Environment): Complex {
  if (name === 'sum' || name === 'prod') {
    const total = finiteSum(name, parameters, environment);
    if (total !== null) return total;
  }
  const ofAngle = angleFunctions.has(name);
  const values = parameters.map((parameter) => {
    const value = evaluate(parameter, environment);
    return ofAngle && parameter.kind === 'degree' ? value.mul(Math.PI / 180) : value;
  });
  const [first, second] = values;
  if (first === undefined) return nan;
  const known = functions[name];
  if (known && second === undefined) return known(first);
  if (logarithms.has(name)) return first.log().div(second === undefined ? Math.LN10 : second.log());
  if (name === 'max' || name === 'min') {
    return values.every(isReal) ? real(Math[name](...values.map(({ re }) => re))) : nan;
  }
  if (name === 'binom' && second !== undefined) return binomial(first, second);
  if (second !== undefined && Object.hasOwn(wholeFunctions, name)) return ofWholeNumbers(name, values);
  return fingerprint(name, values);
}

function binomial(n: Complex, k: Complex): Complex {
  const whole = [n, k].every((value) => isReal(value) && Number.isInteger(value.re));
  if (!whole || k.re < 0 || n.re < k.re || n.re > 1000) return fingerprint('binom', [n, k]);
  let result = 1;
  for (let i = 1; i <= Math.min(k.re, n.re - k.re); i++) result = (result * (n.re - i + 1)) / i;
  return real(Math.round(result));
}

/** Σ_{k=a}^{b} and Π, term by term; null when the bounds are not whole numbers near each other. */
function finiteSum(name: string, parameters: readonly Answer[], environment: Environment): Complex | null {
  const [lower, upper, body] = parameters;
  if (lower?.kind !== 'relation' || upper === undefined || body === undefined) return null;
  const [variable, start] = lower.items;
  if (variable?.kind !== 'symbol' || start === undefined) return null;
  const [from, to] = [evaluate(start, environment), evaluate(upper, environment)];
  if (![from, to].every((value) => isReal(value) && Number.isInteger(value.re))) return null;
  if (to.re - from.re > mostTerms) return null;
  let total = real(name === 'sum' ? 0 : 1);
  for (let index = from.re; index <= to.re; index++) {
    const inner: Environment = (symbol) => (symbol === variable.name ? real(index) : environment(symbol));
    const term = evaluate(body, inner);
    total = name === 'sum' ? total.add(term) : total.mul(term);
  }
  return total;
}
