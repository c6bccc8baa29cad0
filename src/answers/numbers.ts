/** Whether two expressions have the same value. */
import Complex from 'complex.js';
import type Fraction from 'fraction.js';
import { type Environment, evaluate, rationalOf } from './evaluate.js';
import { type Answer, has, symbolsOf } from './tree.js';

/**
 * A decimal stands for a value with more digits when it agrees with it in all of its own but the last, and has at least
 * this many significant ones: 0.333333 is 1/3, 0.333 is not. What could have been written exactly in as many digits
 * is not rounded: 0.999999 is not 1.
 */
const significantDigits = 6;

/** Relative difference that rounding of double precision explains. */
const relativeTolerance = 1e-9;

export type NumberReason = 'numeric' | 'decimal' | 'percent' | 'symbolic';

/** Why the two are equal, or null when they are not. */
export function equalExpressions(gold: Answer, prediction: Answer): NumberReason | null {
  if (gold.kind === 'based' || prediction.kind === 'based') return equalBased(gold, prediction);
  const [ofGold, ofPrediction] = [gold.kind === 'percent', prediction.kind === 'percent'];
  const direct = equalValues(gold, prediction);
  if (direct !== null || ofGold === ofPrediction) return direct;
  // 28 % is 0.28, and also what someone means who answers 28 to "what percentage".
  const withoutSign = (answer: Answer) => (answer.kind === 'percent' ? answer.item : answer);
  return equalValues(withoutSign(gold), withoutSign(prediction)) && 'percent';
}

/** Digits in a base are equal when digits and base are; a base that is left out is the one that was asked for. */
function equalBased(gold: Answer, prediction: Answer): 'numeric' | null {
  if (gold.kind === 'based' && prediction.kind === 'based') {
    return gold.digits === prediction.digits && gold.base === prediction.base ? 'numeric' : null;
  }
  if (gold.kind !== 'based' || prediction.kind !== 'number') return null;
  return prediction.decimals === null && prediction.value.toFraction() === gold.digits ? 'numeric' : null;
}

function equalValues(gold: Answer, prediction: Answer): NumberReason | null {
  const symbols = [...new Set([...symbolsOf(gold), ...symbolsOf(prediction)])];
  if (symbols.length > 0 || has(gold, 'call') || has(prediction, 'call')) {
    const identical = equalEverywhere(gold, prediction, symbols);
    if (identical || symbols.length > 0) return identical ? 'symbolic' : null;
  }
  const [exactGold, exactPrediction] = [rationalOf(gold), rationalOf(prediction)];
  if (exactGold !== null && exactPrediction !== null && exactGold.equals(exactPrediction)) return 'numeric';
  const none: Environment = () => new Complex(Number.NaN, 0);
  const [a, b] = [evaluate(gold, none), evaluate(prediction, none)];
  const bothExact = exactGold !== null && exactPrediction !== null;
  if (!bothExact && close(a, b)) return 'numeric';
  const agree =
    agreeAsDecimals(gold, a, { value: b, exact: exactPrediction }) ||
    agreeAsDecimals(prediction, b, { value: a, exact: exactGold });
  return agree ? 'decimal' : null;
}

/** Whether `answer` is a bare decimal whose digits are those of the other, rounded or cut off. */
function agreeAsDecimals(
  answer: Answer,
  own: Complex,
  { value: other, exact }: { value: Complex; exact: Fraction | null },
): boolean {
  const bare = answer.kind === 'degree' ? answer.item : answer;
  const number = bare.kind === 'negate' ? bare.item : bare;
  if (number.kind !== 'number' || number.decimals === null) return false;
  const size = Math.abs(own.re);
  const significant = number.decimals + (size === 0 ? 0 : Math.floor(Math.log10(size)) + 1);
  if (significant < significantDigits || Math.abs(other.im) > relativeTolerance) return false;
  if (exact?.mul(10n ** BigInt(number.decimals)).d === 1n) return false;
  const unit = 10 ** -number.decimals;
  if (Math.abs(own.re - other.re) <= (unit / 2) * (1 + 1e-6)) return true;
  // Infinite digits are cut off; a finite decimal is rounded.
  const endless = exact === null || !endsAsDecimal(exact);
  const missing = Math.sign(own.re) * (other.re - own.re);
  return endless && missing >= 0 && missing < unit;
}

/** Whether a fraction in lowest terms has finitely many decimals: no prime but 2 and 5 divides its denominator. */
function endsAsDecimal({ d }: Fraction): boolean {
  let rest = d;
  for (const prime of [2n, 5n]) while (rest % prime === 0n) rest /= prime;
  return rest === 1n;
}

export function close(a: Complex, b: Complex): boolean {
  if (!Number.isFinite(a.re) || !Number.isFinite(b.re)) return a.re === b.re && !Number.isNaN(a.re);
  const scale = Math.max(a.abs(), b.abs());
  return a.sub(b).abs() <= relativeTolerance * Math.max(scale, 1e-3);
}

/** Places at which two expressions in the same symbols are compared: an identity holds at all of them. */
const comparedPlaces = 6;

/** Values of symbols that depend on the name and the place alone; half of the places are negative in part. */
export function environmentAt(place: number): Environment {
  return (name) => {
    let hash = 0x9e3779b9 ^ Math.imul(place + 1, 0x85ebca6b);
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
      hash ^= hash >>> 13;
    }
    const uniform = (Math.imul(hash, 0x2c1b3c6d) >>> 0) / 2 ** 32;
    const value = 0.31 + 2.2 * uniform;
    return new Complex(place % 2 === 1 && (hash & 1) === 0 ? -value : value, 0);
  };
}

/** Whether they agree wherever both are defined, and are defined at half of the places at least. */
function equalEverywhere(gold: Answer, prediction: Answer, symbols: readonly string[]): boolean {
  let defined = 0;
  const places = symbols.length === 0 ? 1 : comparedPlaces;
  for (let place = 0; place < places; place++) {
    const environment = environmentAt(place);
    const [a, b] = [evaluate(gold, environment), evaluate(prediction, environment)];
    if (Number.isNaN(a.re) || Number.isNaN(b.re)) continue;
    defined++;
    if (!close(a, b)) return false;
  }
  return defined * 2 >= places;
}
