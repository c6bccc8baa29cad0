/** Whether two expressions have the same value. */
import { type Ball, isDefined, isReal, precisionOf, same } from './ball.js';
import { equalAsDecimals } from './decimals.js';
import { evaluate, noSymbols, radians } from './evaluate.js';
import { rationalOf } from './exact.js';
import { placesFor } from './places.js';
import { equalTowers } from './towers.js';
import { type Answer, has, identical, some, symbolsOf } from './tree.js';

/** Digits with which values are computed first, and where these are too few. */
const first = precisionOf(40);
const second = precisionOf(260);

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
    if (gold.digits === prediction.digits && gold.base === prediction.base) return 'numeric';
    const [a, b] = [basedValue(gold), basedValue(prediction)];
    return a !== null && a === b ? 'numeric' : null;
  }
  if (gold.kind !== 'based' || prediction.kind !== 'number') return null;
  return prediction.decimals === null && prediction.value.toFraction() === gold.digits ? 'numeric' : null;
}

/** Null for digits that the base does not have. */
function basedValue({ digits, base }: Extract<Answer, { kind: 'based' }>): number | null {
  const value =
    /^\d{1,15}$/.test(digits) && /^(?:[2-9]|10)$/.test(base)
      ? Number.parseInt(digits, Number(base))
      : Number.NaN;
  return value.toString(Number(base) || 10) === digits ? value : null;
}

function equalValues(gold: Answer, prediction: Answer): NumberReason | null {
  const symbols = new Set([...symbolsOf(gold), ...symbolsOf(prediction)]);
  if (identical(gold, prediction)) return symbols.size > 0 ? 'symbolic' : 'numeric';
  if (has(gold, 'degree') !== has(prediction, 'degree')) {
    const [angle, other] = has(gold, 'degree') ? [gold, prediction] : [prediction, gold];
    // 90° is π/2, and 90.
    const isInRadians = some(other, (node) => node.kind === 'constant' && node.name === 'pi');
    if (symbols.size === 0 && isInRadians && equalConstants(radians(angle), other)) return 'numeric';
  }
  const equal =
    symbols.size > 0 ? equalEverywhere(gold, prediction) && 'symbolic' : equalConstants(gold, prediction);
  return equal || (equalAsDecimals(first, gold, prediction) ? 'decimal' : null);
}

/** Whole numbers, fractions and roots are compared exactly or to hundreds of digits; towers of powers by logarithms. */
function equalConstants(gold: Answer, prediction: Answer): NumberReason | null {
  const [exactGold, exactPrediction] = [rationalOf(gold), rationalOf(prediction)];
  if (exactGold !== null && exactPrediction !== null)
    return exactGold.equals(exactPrediction) ? 'numeric' : null;
  const [infiniteGold, infinitePrediction] = [infinityOf(gold), infinityOf(prediction)];
  if (infiniteGold !== 0 || infinitePrediction !== 0)
    return infiniteGold === infinitePrediction ? 'numeric' : null;
  for (const precision of [first, second]) {
    const none = noSymbols(precision);
    const equal = same(precision, evaluate(gold, none), evaluate(prediction, none));
    if (equal !== null) return equal ? 'numeric' : null;
  }
  return equalTowers(second, gold, prediction) ? 'numeric' : null;
}

/** 1 for ∞, −1 for −∞, else 0. */
export function infinityOf(answer: Answer): -1 | 0 | 1 {
  if (answer.kind === 'constant') return answer.name === 'infinity' ? 1 : 0;
  if (answer.kind !== 'negate') return 0;
  return answer.item.kind === 'constant' && answer.item.name === 'infinity' ? -1 : 0;
}

/** Places at which two expressions must be seen to agree. */
const leastPlaces = 3;

/**
 * Whether they agree wherever both are real numbers, and do so at some places. Where they are not real, √(a/b) and √a/√b may
 * be each other's opposites: only an answer with an imaginary unit is compared there.
 */
function equalEverywhere(gold: Answer, prediction: Answer): boolean {
  const isComplex = [gold, prediction].some((side) =>
    some(side, (node) => node.kind === 'constant' && node.name === 'i'),
  );
  let agreed = 0;
  for (const environment of placesFor([gold, prediction])) {
    const [a, b] = [evaluate(gold, environment), evaluate(prediction, environment)];
    const equal = same(environment.precision, a, b);
    if (equal === true) agreed++;
    if (equal === false && (isComplex || areReal(a, b))) return false;
  }
  return agreed >= leastPlaces;
}

const areReal = (a: Ball, b: Ball): boolean => isDefined(a) && isDefined(b) && isReal(a) && isReal(b);
