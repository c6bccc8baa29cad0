/** Equations and inequalities. */
import { type Ball, exactly, isDefined, mayBeZero, quotient, same } from './ball.js';
import { roundsTo } from './decimals.js';
import { type Environment, evaluate } from './evaluate.js';
import { inOrder } from './items.js';
import { isAssignment, nameOf, valuesOf } from './names.js';
import { placesFor } from './places.js';
import { asReal, bordersOf } from './roots.js';
import { hasPlusMinus } from './simplify.js';
import {
  type Answer,
  type Compare,
  isExpression,
  type Relation,
  type RelationOperator,
  symbolsOf,
} from './tree.js';

export type RelationReason = 'equation' | 'inequality';

const opposite: Readonly<Record<RelationOperator, RelationOperator>> = {
  '=': '=',
  '!=': '!=',
  '~': '~',
  in: 'in',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * k = 1 against 1: a name adds nothing. An equation that is not an assignment is not a value.
 * @param ofPrediction whether the relation is the prediction's, which may write its way to the value: a + b = 2 + 3 = 5
 */
export function compareAssigned<Reason>(
  relation: Relation,
  other: Answer,
  ofPrediction: boolean,
  compare: Compare<Reason>,
): Reason | null {
  const values = valuesOf(relation, ofPrediction && symbolsOf(other).length === 0);
  if (values === null) return null;
  const [exact, nearly] = values;
  const against = (value: Answer) => (ofPrediction ? compare(other, value) : compare(value, other));
  if (exact === undefined) return null;
  // √11 ≈ 3.317 is 3.317 as well, when it is.
  return against(exact) ?? (nearly !== undefined && roundsTo(nearly, exact) ? against(nearly) : null);
}

export function compareRelations(
  gold: Relation,
  prediction: Relation,
  compare: Compare<unknown>,
): RelationReason | null {
  const reason = gold.operators.every((operator) => operator === '=' || operator === '~')
    ? 'equation'
    : 'inequality';
  const [valuesA, valuesB] = [valuesOf(gold), valuesOf(prediction)];
  if (valuesA !== null && valuesB !== null && sameNames(gold, prediction)) {
    const [a, b] = [valuesA[0], valuesB[0]];
    return a && b && compare(a, b) !== null ? 'equation' : null;
  }
  if (sameRelation(gold, prediction, compare) || sameRelation(gold, reversed(prediction), compare))
    return reason;
  const [a, b] = [firstAndLast(gold), firstAndLast(prediction)];
  if (a === null || b === null) return null;
  if (sameRelation(a, b, compare) || sameUpToFactor(a, b)) return reason;
  return reason === 'equation' && b.operators[0] === '=' && sameSolutions(a, b) ? reason : null;
}

/** f(x) and y name the same values of a function. */
function sameNames(gold: Relation, prediction: Relation): boolean {
  if (!isAssignment(gold) || !isAssignment(prediction)) return false;
  const [a, b] = [nameOf(gold), nameOf(prediction)];
  // The only root may be numbered: x₁ = 2 is x = 2.
  if (a === b || a === b.replace(/_1$/, '') || b === a.replace(/_1$/, '')) return a !== '' && b !== '';
  return [a, b].includes('y') && [a, b].some((name) => /^[fghFGH]\(\)$/.test(name));
}

const sameRelation = (gold: Relation, prediction: Relation, compare: Compare<unknown>): boolean =>
  gold.operators.length === prediction.operators.length &&
  gold.operators.every((operator, index) => operator === prediction.operators[index]) &&
  inOrder(gold.items, prediction.items, (a, b) => compare(a, b) !== null);

const reversed = ({ items, operators }: Relation): Relation => ({
  kind: 'relation',
  items: items.toReversed(),
  operators: operators.toReversed().map((operator) => opposite[operator]),
});

/** a = b = c as a = c; null for chains of other signs. */
function firstAndLast(relation: Relation): Relation | null {
  const { items, operators } = relation;
  if (operators.length === 1) return relation;
  if (!operators.every((operator) => operator === '=' || operator === '~')) return null;
  const [first, last] = [items[0], items.at(-1)];
  return first && last ? { kind: 'relation', items: [first, last], operators: ['='] } : null;
}

/** Left side minus right side; null where one is no expression. */
function differenceOf({ items }: Relation): Answer | null {
  const [left, right] = items;
  if (!left || !right || ![left, right].every((item) => isExpression(item) && !hasPlusMinus(item)))
    return null;
  return { kind: 'add', items: [left, { kind: 'negate', item: right }] };
}

/**
 * Equations whose differences of sides have a constant ratio have the same solutions; for inequalities the sign of the
 * ratio says which way the other must point.
 */
function sameUpToFactor(gold: Relation, prediction: Relation): boolean {
  const [signA, signB] = [gold.operators[0], prediction.operators[0]];
  if (signA === undefined || signB === undefined || signA === 'in' || signB === 'in') return false;
  const [a, b] = [differenceOf(gold), differenceOf(prediction)];
  if (a === null || b === null || symbolsOf(a).length === 0 || symbolsOf(a).join() !== symbolsOf(b).join())
    return false;
  let ratio: Ball | null = null;
  let agreed = 0;
  for (const environment of placesFor([a, b], true)) {
    const [atA, atB] = [evaluate(a, environment), evaluate(b, environment)];
    if (!isDefined(atA) || !isDefined(atB)) continue;
    if (mayBeZero(atA) || mayBeZero(atB)) {
      if (mayBeZero(atA) && mayBeZero(atB)) continue;
      return false;
    }
    const found = quotient(environment.precision, atA, atB);
    ratio ??= found;
    if (same(environment.precision, ratio, found) === false) return false;
    agreed++;
  }
  if (ratio === null || agreed < 3) return false;
  return (ratio.re.isPositive() ? signB : opposite[signB]) === signA;
}

/** Places of the other unknowns at which solutions are sought. */
const soughtPlaces = 4;

/** Equations with the same real solutions, as far as they are found: y = 1/x and xy = 1. */
function sameSolutions(gold: Relation, prediction: Relation): boolean {
  const [a, b] = [differenceOf(gold), differenceOf(prediction)];
  if (a === null || b === null) return false;
  const symbols = symbolsOf(a);
  if (symbols.length < 2 || symbols.join() !== symbolsOf(b).join()) return false;
  let found = 0;
  for (const unknown of symbols) {
    for (const environment of placesFor([a, b]).slice(0, soughtPlaces)) {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const roots = rootsIn(from, unknown, environment);
        if (!roots.every((root) => vanishes(to, withValue(environment, unknown, root)))) return false;
        found += roots.length;
      }
    }
  }
  return found >= 2 * soughtPlaces;
}

const withValue = (environment: Environment, unknown: string, value: Ball): Environment => ({
  precision: environment.precision,
  valueOf: (name) => (name === unknown ? value : environment.valueOf(name)),
});

function rootsIn(difference: Answer, unknown: string, environment: Environment): Ball[] {
  const borders = bordersOf(
    (x) => asReal(evaluate(difference, withValue(environment, unknown, exactly(x)))),
    environment.precision.number,
  );
  return borders.filter(({ isRoot }) => isRoot).map(({ value }) => value);
}

function vanishes(difference: Answer, environment: Environment): boolean {
  const value = evaluate(difference, environment);
  return isDefined(value) && mayBeZero(value);
}
