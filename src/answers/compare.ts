/** Whether two answers that were read as mathematics are the same. */
import { spend } from './budget.js';
import {
  compareItems,
  compareMatrices,
  compareSetOfOne,
  type ItemsReason,
  inOrder,
  itemsOf,
} from './items.js';
import { equalExpressions, type NumberReason } from './numbers.js';
import { compareQuantities } from './quantities.js';
import { equalRegions } from './regions.js';
import { compareAssigned, compareRelations, type RelationReason } from './relations.js';
import { simplify } from './simplify.js';
import { type Answer, isExpression } from './tree.js';

export type Reason = NumberReason | ItemsReason | RelationReason | 'interval';

/** What comparing costs besides computing. */
const stepsOfComparison = 20;

/** Why the two are the same, or null when they are not. @throws OutOfSteps */
export function compareAnswers(gold: Answer, prediction: Answer): Reason | null {
  spend(stepsOfComparison);
  return compareSimple(simplify(gold), simplify(prediction));
}

function compareSimple(gold: Answer, prediction: Answer): Reason | null {
  const quantities = compareQuantities(gold, prediction, compareAnswers);
  if (quantities !== undefined) return quantities;
  if (isRegionLike(gold, prediction) && equalRegions(gold, prediction)) {
    return gold.kind === 'relation' ? 'inequality' : 'interval';
  }
  const single = compareSetOfOne(gold, prediction, compareAnswers);
  if (single !== undefined) return single;
  if (itemsOf(gold) !== null && itemsOf(prediction) !== null)
    return compareItems(gold, prediction, compareAnswers);
  if (gold.kind === 'relation' && prediction.kind === 'relation') {
    return compareRelations(gold, prediction, compareAnswers);
  }
  // D = (0, 1) against (0, 1); n ∈ {1, 2} and n = 1, 2 against {1, 2}.
  if (gold.kind === 'relation') return compareAssigned(gold, prediction, false, compareAnswers);
  if (prediction.kind === 'relation') return compareAssigned(prediction, gold, true, compareAnswers);
  if (gold.kind === 'matrix' || prediction.kind === 'matrix')
    return compareMatrices(gold, prediction, compareAnswers);
  if (gold.kind === 'ratio' || prediction.kind === 'ratio') return compareRatios(gold, prediction);
  if (isExpression(gold) && isExpression(prediction)) return equalExpressions(gold, prediction);
  return null;
}

/** Only the other side distinguishes an interval from a point. */
function isRegionLike(gold: Answer, prediction: Answer): boolean {
  const both = [gold, prediction];
  if (both.every(({ kind }) => kind === 'tuple' || kind === 'set')) return false;
  return !both.some((answer) => answer.kind === 'relation' && answer.operators.every((sign) => sign === '='));
}

function compareRatios(gold: Answer, prediction: Answer): Reason | null {
  const parts = (answer: Answer): readonly Answer[] | null =>
    answer.kind === 'ratio'
      ? answer.items
      : answer.kind === 'divide'
        ? [answer.left, answer.right]
        : isExpression(answer)
          ? [answer]
          : null;
  const [a, b] = [parts(gold), parts(prediction)];
  if (a === null || b === null) return null;
  if (a.length > 2 || b.length > 2) {
    if (a.length !== b.length) return null;
    const over = ([first, ...rest]: readonly Answer[]) =>
      rest.map((right): Answer => ({ kind: 'divide', left: first ?? right, right }));
    return inOrder(over(a), over(b), (x, y) => compareAnswers(x, y) !== null) ? 'numeric' : null;
  }
  const quotient = ([left, right]: readonly Answer[]): Answer | null =>
    left === undefined ? null : right === undefined ? left : { kind: 'divide', left, right };
  const [x, y] = [quotient(a), quotient(b)];
  return x && y && equalExpressions(x, y);
}
