/** The value of an expression as a fraction, where it is one and not too long. */
import Fraction from 'fraction.js';
import { spend } from './budget.js';
import type { Answer } from './tree.js';

/** Digits of a whole number, and of a fraction's parts, that are still computed exactly. */
const mostDigits = { whole: 20_000, fraction: 1500 };
/** Factorials up to this are multiplied out. */
const greatestFactorial = 3000;

/** Null when it is no fraction, or too long a one. */
export function rationalOf(answer: Answer): Fraction | null {
  spend(1);
  switch (answer.kind) {
    case 'number':
      return answer.value;
    case 'negate':
      return rationalOf(answer.item)?.neg() ?? null;
    case 'percent':
      return rationalOf(answer.item)?.div(100) ?? null;
    case 'degree':
      return rationalOf(answer.item);
    case 'factorial':
      return factorial(rationalOf(answer.item));
    case 'add':
      return ofAll(answer.items, (total, value) => total.add(value));
    case 'multiply':
      return ofAll(answer.items, (total, value) => total.mul(value));
    case 'divide': {
      const [left, right] = [rationalOf(answer.left), rationalOf(answer.right)];
      return left === null || right === null || right.equals(0) ? null : limited(left.div(right));
    }
    case 'power':
      return power(rationalOf(answer.left), rationalOf(answer.right));
    case 'call':
      return call(answer.name, answer.parameters);
    default:
      return null;
  }
}

function ofAll(
  items: readonly Answer[],
  combine: (total: Fraction, value: Fraction) => Fraction,
): Fraction | null {
  let total: Fraction | null = null;
  for (const item of items) {
    const value = rationalOf(item);
    if (value === null) return null;
    total = total === null ? value : limited(combine(total, value));
    if (total === null) return null;
  }
  return total;
}

/** Digits, roughly. */
const lengthOf = (value: bigint): number => value.toString(16).length * 1.21;

function limited(value: Fraction): Fraction | null {
  const [n, d] = [lengthOf(value.n), lengthOf(value.d)];
  spend(1 + (n + d) / 100);
  return value.d === 1n ? (n > mostDigits.whole ? null : value) : n + d > mostDigits.fraction ? null : value;
}

function power(base: Fraction | null, exponent: Fraction | null): Fraction | null {
  if (base === null || exponent === null || exponent.d !== 1n) return null;
  const times = Math.abs(exponent.valueOf());
  if (base.equals(0)) return exponent.valueOf() > 0 ? base : null;
  if (base.d === 1n && base.n === 1n) return exponent.n % 2n === 0n ? base.abs() : base;
  const isWhole = base.d === 1n && exponent.valueOf() >= 0;
  const digits = (isWhole ? lengthOf(base.n) - 1 : lengthOf(base.n) + lengthOf(base.d)) * times;
  if (digits > (isWhole ? mostDigits.whole : mostDigits.fraction)) return null;
  spend(1 + digits / 20);
  return base.pow(exponent);
}

function factorial(value: Fraction | null): Fraction | null {
  if (value === null || value.d !== 1n || value.s < 0n || value.n > greatestFactorial) return null;
  spend(Number(value.n));
  let product = 1n;
  for (let factor = 2n; factor <= value.n; factor++) product *= factor;
  return new Fraction(product);
}

/** C(n, k) for whole numbers; zero where k is more than n. */
function binomial(n: Fraction, k: Fraction): Fraction | null {
  if (n.d !== 1n || k.d !== 1n || n.s < 0n || k.s < 0n || n.n > 1_000_000n) return null;
  const least = k.n < n.n - k.n ? k.n : n.n - k.n;
  if (least < 0n) return new Fraction(0);
  if (least > greatestFactorial) return null;
  spend(Number(least));
  let result = 1n;
  for (let index = 1n; index <= least; index++) result = (result * (n.n - index + 1n)) / index;
  return new Fraction(result);
}

/** Functions of fractions, applied from the left. */
const functions: Readonly<Record<string, (a: Fraction, b: Fraction) => Fraction | null>> = {
  gcd: (a, b) => a.gcd(b),
  lcm: (a, b) => a.lcm(b),
  mod: (a, b) => (b.equals(0) ? null : a.sub(b.mul(a.div(b).floor()))),
  max: (a, b) => (a.compare(b) >= 0 ? a : b),
  min: (a, b) => (a.compare(b) <= 0 ? a : b),
};

function call(name: string, parameters: readonly Answer[]): Fraction | null {
  const [first, second] = parameters;
  if (first === undefined) return null;
  const value = rationalOf(first);
  if (value === null) return null;
  if (name === 'abs') return value.abs();
  if (name === 'floor') return value.floor();
  if (name === 'ceil') return value.ceil();
  if (second === undefined) return null;
  if (name === 'binom') {
    const k = rationalOf(second);
    return k === null ? null : binomial(value, k);
  }
  const combine = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (combine === undefined) return null;
  return parameters.slice(1).reduce<Fraction | null>((total, parameter) => {
    const next = rationalOf(parameter);
    return total === null || next === null ? null : combine(total, next);
  }, value);
}
