/** Whether two answers that were read as mathematics are the same. */
import { evaluate } from './evaluate.js';
import { close, environmentAt, equalExpressions, type NumberReason } from './numbers.js';
import { equalRegions } from './regions.js';
import { type Answer, isExpression, type RelationOperator, symbolsOf } from './tree.js';

export type Reason =
  | NumberReason
  | 'equation'
  | 'inequality'
  | 'interval'
  | 'set'
  | 'list'
  | 'tuple'
  | 'matrix';

/** Why the two are the same, or null when they are not. */
export function compareAnswers(gold: Answer, prediction: Answer): Reason | null {
  return compareWhole(simplify(gold), simplify(prediction));
}

/** Without notation that changes nothing: ± as its two values, products of matrices as one. */
function simplify(answer: Answer): Answer {
  if (answer.kind === 'relation') {
    const last = answer.items.at(-1)!;
    const variants = signVariants(last);
    if (variants.length === 1) return { ...answer, items: answer.items.map(multiplied) };
    const items = variants.map((variant) => ({ ...answer, items: [...answer.items.slice(0, -1), variant] }));
    return { kind: 'list', items, conjunction: 'or' };
  }
  if (answer.kind === 'list' || answer.kind === 'set') {
    const items = answer.items.map(simplify);
    // {±1} has two members.
    return { ...answer, items: items.flatMap((item) => (item.kind === 'list' ? item.items : [item])) };
  }
  const variants = signVariants(answer);
  return variants.length > 1 ? { kind: 'list', items: variants, conjunction: 'or' } : multiplied(answer);
}

function hasPlusMinus(answer: Answer): boolean {
  return signVariants(answer).length > 1;
}

/** The values that ± stands for: all upper signs, then all lower ones. */
function signVariants(answer: Answer): Answer[] {
  let found = false;
  const withSign = (node: Answer, upper: 1 | -1): Answer => {
    switch (node.kind) {
      case 'plusMinus': {
        found = true;
        const right = withSign(node.right, upper);
        const signed: Answer = node.sign * upper === 1 ? right : { kind: 'negate', item: right };
        return node.left ? { kind: 'add', items: [withSign(node.left, upper), signed] } : signed;
      }
      case 'add':
      case 'multiply':
        return { ...node, items: node.items.map((item) => withSign(item, upper)) };
      case 'negate':
      case 'percent':
      case 'degree':
        return { ...node, item: withSign(node.item, upper) };
      case 'divide':
      case 'power':
        return { ...node, left: withSign(node.left, upper), right: withSign(node.right, upper) };
      default:
        return node;
    }
  };
  const upper = withSign(answer, 1);
  return found ? [upper, withSign(answer, -1)] : [answer];
}

/** A product of matrices, or of a number and a matrix, as one matrix. */
function multiplied(answer: Answer): Answer {
  if (answer.kind === 'negate') {
    const item = multiplied(answer.item);
    return item.kind === 'matrix' ? scaled({ kind: 'negate', item: one }, item) : answer;
  }
  if (answer.kind !== 'multiply') return answer;
  const [left, right] = answer.items.map(multiplied);
  if (!left || !right || answer.items.length !== 2) return answer;
  if (left.kind === 'matrix' && right.kind === 'matrix')
    return matrixProduct(left.rows, right.rows) ?? answer;
  if (right.kind === 'matrix' && isExpression(left)) return scaled(left, right);
  if (left.kind === 'matrix' && isExpression(right)) return scaled(right, left);
  return answer;
}

const one: Answer = {
  kind: 'power',
  left: { kind: 'constant', name: 'e' },
  right: { kind: 'multiply', items: [] },
};

const scaled = (factor: Answer, { rows }: Extract<Answer, { kind: 'matrix' }>): Answer => ({
  kind: 'matrix',
  rows: rows.map((row) => row.map((entry) => ({ kind: 'multiply', items: [factor, entry] }))),
});

function matrixProduct(left: readonly Answer[][], right: readonly Answer[][]): Answer | null {
  if (left.some((row) => row.length !== right.length)) return null;
  const columns = right[0]?.length ?? 0;
  const rows = left.map((row) =>
    Array.from(
      { length: columns },
      (_, column): Answer => ({
        kind: 'add',
        items: row.map((entry, index) => ({ kind: 'multiply', items: [entry, right[index]![column]!] })),
      }),
    ),
  );
  return { kind: 'matrix', rows };
}

function compareWhole(gold: Answer, prediction: Answer): Reason | null {
  const regions = isRegionLike(gold, prediction) ? equalRegions(gold, prediction) : null;
  if (regions === true) return gold.kind === 'relation' ? 'inequality' : 'interval';
  const items = compareItems(gold, prediction);
  if (items !== undefined) return items;
  if (gold.kind === 'relation' && prediction.kind === 'relation') {
    // x = 1 and y = 1 name different unknowns; x = 2 + 3 = 5 is x = 5.
    return compareRelations(gold, prediction);
  }
  if (gold.kind === 'relation') return compareAssigned(gold, prediction);
  if (prediction.kind === 'relation') return compareAssigned(prediction, gold, true);
  if (gold.kind === 'matrix' || prediction.kind === 'matrix') return compareMatrices(gold, prediction);
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

const itemsOf = (answer: Answer): readonly Answer[] | null =>
  answer.kind === 'list' || answer.kind === 'set' || answer.kind === 'tuple' ? answer.items : null;

/** Lists, sets and points; undefined when neither is one. */
function compareItems(gold: Answer, prediction: Answer): Reason | null | undefined {
  const [golds, predictions] = [itemsOf(gold), itemsOf(prediction)];
  if (golds === null && predictions === null) return undefined;
  if (golds === null || predictions === null) return compareSingle(gold, prediction);
  if (gold.kind === 'tuple' || prediction.kind === 'tuple') return compareTuples(gold, prediction);
  const named = spreadNames(golds);
  const others = spreadNames(predictions);
  if (named.some(isAssignment) !== others.some(isAssignment) && namesDiffer([...named, ...others])) {
    // "AB = 4, CD = 5" against "4, 5": without names only the order says which is which.
    return inOrder(named, others) ? 'list' : null;
  }
  return asMultiset(named, others)
    ? gold.kind === 'set' || prediction.kind === 'set'
      ? 'set'
      : 'list'
    : null;
}

/** A point is not a set: (3, 1) is not {1, 3}. A list may be a point that lacks its brackets. */
function compareTuples(gold: Answer, prediction: Answer): Reason | null {
  if (gold.kind === 'set' || prediction.kind === 'set') return null;
  const sameBrackets =
    gold.kind !== 'tuple' ||
    prediction.kind !== 'tuple' ||
    (gold.open === prediction.open && gold.close === prediction.close);
  return sameBrackets && inOrder(itemsOf(gold)!, itemsOf(prediction)!) ? 'tuple' : null;
}

/** A set of one, a list against what is not a list, a vector against a point. */
function compareSingle(gold: Answer, prediction: Answer): Reason | null {
  const single = (answer: Answer): Answer =>
    answer.kind === 'set' && answer.items.length === 1 ? answer.items[0]! : answer;
  const [a, b] = [single(gold), single(prediction)];
  if (a !== gold || b !== prediction) return compareWhole(a, b) && 'set';
  // D = (0, 1) against (0, 1); n ∈ {1, 2} and n = 1, 2 against {1, 2}.
  if (gold.kind === 'relation') return compareAssigned(gold, prediction);
  if (prediction.kind === 'relation') return compareAssigned(prediction, gold, true);
  if (gold.kind === 'matrix' || prediction.kind === 'matrix') {
    const vector = gold.kind === 'matrix' ? gold : prediction;
    const items = itemsOf(gold.kind === 'matrix' ? prediction : gold);
    const entries = vector.kind === 'matrix' ? vectorEntries(vector.rows) : null;
    return entries && items && inOrder(entries, items) ? 'tuple' : null;
  }
  return null;
}

function vectorEntries(rows: readonly Answer[][]): Answer[] | null {
  if (rows.length === 1) return rows[0]!;
  return rows.every((row) => row.length === 1) ? rows.map((row) => row[0]!) : null;
}

function inOrder(golds: readonly Answer[], predictions: readonly Answer[]): boolean {
  return (
    golds.length === predictions.length &&
    golds.every((gold, index) => compareAnswers(gold, predictions[index]!) !== null)
  );
}

/** Items after removing repetitions, each with its own partner. */
function asMultiset(golds: readonly Answer[], predictions: readonly Answer[]): boolean {
  const distinct = (items: readonly Answer[]) =>
    items.filter(
      (item, index) => !items.slice(0, index).some((other) => compareAnswers(other, item) !== null),
    );
  if (golds.length > 64 || predictions.length > 64) return inOrder(golds, predictions);
  const rest = distinct(predictions);
  const wanted = distinct(golds);
  if (rest.length !== wanted.length) return false;
  return wanted.every((gold) => {
    const place = rest.findIndex((prediction) => compareAnswers(gold, prediction) !== null);
    if (place === -1) return false;
    rest.splice(place, 1);
    return true;
  });
}

function isAssignment(answer: Answer): boolean {
  return answer.kind === 'relation' && answer.operators[0] === '=' && isName(answer.items[0]!);
}

/** x, x₁, AB, f(x): what a value can be given to. */
function isName(answer: Answer): boolean {
  if (answer.kind === 'symbol') return true;
  if (answer.kind === 'call')
    return answer.parameters.every((parameter) => parameter.kind === 'symbol' || parameter.kind === 'number');
  // AB, the length of a segment, is read as a product; (x, y) names two values at once.
  return (answer.kind === 'multiply' || answer.kind === 'tuple') && answer.items.every(isName);
}

function nameOf(answer: Answer): string {
  if (answer.kind === 'relation') return nameOf(answer.items[0]!);
  if (answer.kind === 'symbol') return answer.name.replace(/_.*$/, '');
  if (answer.kind === 'multiply' || answer.kind === 'tuple') return answer.items.map(nameOf).join('');
  return answer.kind === 'call' ? answer.name : '';
}

const namesDiffer = (items: readonly Answer[]): boolean =>
  new Set(items.filter(isAssignment).map(nameOf)).size > 1;

/** n = 1, 2, 3 gives n three values: the name is dropped when it is the only one. */
function spreadNames(items: readonly Answer[]): readonly Answer[] {
  const assignments = items.filter(isAssignment);
  if (assignments.length === 0 || namesDiffer(items)) return items;
  const others = items.filter((item) => !isAssignment(item));
  if (others.some((item) => item.kind === 'relation')) return items;
  return items.map((item) => (isAssignment(item) && item.kind === 'relation' ? item.items.at(-1)! : item));
}

/** k = 1 against 1: a name adds nothing. An equation that is not an assignment is not a value. */
function compareAssigned(
  relation: Extract<Answer, { kind: 'relation' }>,
  other: Answer,
  relationIsPrediction = false,
): Reason | null {
  const { items, operators } = relation;
  const isChain = operators.every((operator) => operator === '=' || operator === '~');
  const last = items.at(-1)!;
  const membership = operators.length === 1 && operators[0] === 'in' && isName(items[0]!);
  // A response may write its way to the value: 1/2 + 1/3 = 5/6.
  const named = isName(items[0]!) || (relationIsPrediction && symbolsOf(items[0]!).length === 0);
  if (!membership && !(isChain && named)) return null;
  return relationIsPrediction ? compareAnswers(other, last) : compareAnswers(last, other);
}

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

type Relation = Extract<Answer, { kind: 'relation' }>;

const reversed = ({ items, operators }: Relation): Relation => ({
  kind: 'relation',
  items: items.toReversed(),
  operators: operators.toReversed().map((operator) => opposite[operator]),
});

function compareRelations(gold: Relation, prediction: Relation): Reason | null {
  const reason = gold.operators.every((operator) => operator === '=') ? 'equation' : 'inequality';
  if ([prediction, reversed(prediction)].some((form) => sameRelation(gold, form))) return reason;
  const [a, b] = [firstAndLast(gold), firstAndLast(prediction)];
  if (a === null || b === null) return null;
  if (sameRelation(a, b)) return reason;
  return sameUpToFactor(a, b) ? reason : null;
}

const sameRelation = (gold: Relation, prediction: Relation): boolean =>
  gold.operators.length === prediction.operators.length &&
  gold.operators.every((operator, index) => operator === prediction.operators[index]) &&
  inOrder(gold.items, prediction.items);

/** a = b = c as a = c; null for chains of other signs. */
function firstAndLast(relation: Relation): Relation | null {
  const { items, operators } = relation;
  if (operators.length === 1) return relation;
  if (!operators.every((operator) => operator === '=' || operator === '~')) return null;
  return { kind: 'relation', items: [items[0]!, items.at(-1)!], operators: ['='] };
}

/**
 * Equations whose differences of sides have a constant ratio have the same solutions; for inequalities the sign of the
 * ratio says which way the other must point.
 */
function sameUpToFactor(gold: Relation, prediction: Relation): boolean {
  const [signA, signB] = [gold.operators[0]!, prediction.operators[0]!];
  if (signA === 'in' || signB === 'in') return false;
  const symbols = symbolsOf(gold);
  if (symbols.length === 0 || symbols.join() !== symbolsOf(prediction).join()) return false;
  if (![...gold.items, ...prediction.items].every((item) => isExpression(item) && !hasPlusMinus(item)))
    return false;
  let ratio: number | null = null;
  for (let place = 0; place < 6; place++) {
    const environment = environmentAt(place);
    const difference = ({ items }: Relation) =>
      evaluate(items[0]!, environment).sub(evaluate(items[1]!, environment));
    const [a, b] = [difference(gold), difference(prediction)];
    if (Number.isNaN(a.re) || Number.isNaN(b.re) || b.abs() < 1e-9) return false;
    const quotient = a.div(b);
    if (ratio === null) ratio = quotient.re;
    if (!close(quotient, a.div(a).mul(ratio)) || Math.abs(ratio) < 1e-9) return false;
  }
  if (ratio === null) return false;
  return (ratio > 0 ? signB : opposite[signB]) === signA;
}

function compareMatrices(gold: Answer, prediction: Answer): Reason | null {
  if (gold.kind !== 'matrix' || prediction.kind !== 'matrix') return null;
  const same =
    gold.rows.length === prediction.rows.length &&
    gold.rows.every((row, index) => inOrder(row, prediction.rows[index]!));
  return same ? 'matrix' : null;
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
    const over = (items: readonly Answer[]) =>
      items.slice(1).map((item): Answer => ({ kind: 'divide', left: items[0]!, right: item }));
    return inOrder(over(a), over(b)) ? 'numeric' : null;
  }
  const quotient = (items: readonly Answer[]): Answer =>
    items.length === 1 ? items[0]! : { kind: 'divide', left: items[0]!, right: items[1]! };
  return equalExpressions(quotient(a), quotient(b));
}
