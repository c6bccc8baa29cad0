/** Lists, sets, points and matrices, compared item by item. */
import { isAssignment, lastValueOf, nameOf } from './names.js';
import { sameShape } from './simplify.js';
import type { Answer, Compare } from './tree.js';

export type ItemsReason = 'set' | 'list' | 'tuple' | 'matrix';

/** What compares two items. */
type Same = (gold: Answer, prediction: Answer) => boolean;

export const itemsOf = (answer: Answer): readonly Answer[] | null =>
  answer.kind === 'list' || answer.kind === 'set' || answer.kind === 'tuple' ? answer.items : null;

/** Items that stand for more than this are compared in their order alone. */
const mostUnordered = 64;

/** Two answers that both have items. */
export function compareItems(
  gold: Answer,
  prediction: Answer,
  compare: Compare<unknown>,
): ItemsReason | null {
  // Braces within braces count: {{3}, {4}} is not {3, 4}.
  const same: Same = (a, b) => (a.kind === 'set') === (b.kind === 'set') && compare(a, b) !== null;
  const [golds, predictions] = [itemsOf(gold), itemsOf(prediction)];
  if (golds === null || predictions === null) return null;
  if (gold.kind === 'tuple' || prediction.kind === 'tuple') return compareTuples(gold, prediction, same);
  return asLists(golds, predictions, same)
    ? gold.kind === 'set' || prediction.kind === 'set'
      ? 'set'
      : 'list'
    : null;
}

/** A point is not a set: (3, 1) is not {1, 3}. A list may be a point that lacks its brackets, or the values of its names. */
function compareTuples(gold: Answer, prediction: Answer, same: Same): 'tuple' | null {
  if (gold.kind === 'set' || prediction.kind === 'set') return null;
  const sameBrackets =
    gold.kind !== 'tuple' ||
    prediction.kind !== 'tuple' ||
    (gold.open === prediction.open && gold.close === prediction.close);
  if (!sameBrackets || (gold.kind !== prediction.kind && [gold, prediction].some(isHalfOpen))) return null;
  const [a, b] = [gold, prediction].map((answer) => byName(itemsOf(answer) ?? []));
  return a && b && inOrder(a, b, same) ? 'tuple' : null;
}

/** (1, 2] is an interval, and no point. */
const isHalfOpen = (answer: Answer): boolean =>
  answer.kind === 'tuple' && (answer.open === '(') !== (answer.close === ')');

/** x = 1, y = 2 as 1, 2: sorted by their names where each item has another one. */
function byName(items: readonly Answer[]): readonly Answer[] {
  if (!items.every(isAssignment)) return items;
  const names = new Set(items.map(nameOf));
  if (names.size !== items.length) return items;
  return [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).map(lastValueOf);
}

function asLists(golds: readonly Answer[], predictions: readonly Answer[], same: Same): boolean {
  const [namesA, namesB] = [namesIn(golds), namesIn(predictions)];
  if (namesA !== '' && namesB !== '' && namesA !== namesB) return false;
  const [a, b] = [spreadNames(golds), spreadNames(predictions)];
  const [namedA, namedB] = [a.some(isAssignment), b.some(isAssignment)];
  if (namedA !== namedB && namesDiffer([...a, ...b])) {
    // "AB = 4, CD = 5" against "4, 5": without names only the order says which is which.
    return inOrder(a, b, same);
  }
  return asMultiset(a, b, same);
}

export const inOrder = (golds: readonly Answer[], predictions: readonly Answer[], same: Same): boolean =>
  golds.length === predictions.length &&
  golds.every((gold, index) => {
    const prediction = predictions[index];
    return prediction !== undefined && same(gold, prediction);
  });

/** Items after removing repetitions, each with its own partner. */
function asMultiset(golds: readonly Answer[], predictions: readonly Answer[], same: Same): boolean {
  if (golds.length > mostUnordered || predictions.length > mostUnordered)
    return inOrder(golds, predictions, same);
  const distinct = (items: readonly Answer[]) =>
    items.filter((item, index) => !items.slice(0, index).some((other) => same(other, item)));
  const rest = distinct(predictions);
  const wanted = distinct(golds);
  if (rest.length !== wanted.length) return false;
  return wanted.every((gold) => {
    const place = rest.findIndex((prediction) => same(gold, prediction));
    if (place === -1) return false;
    rest.splice(place, 1);
    return true;
  });
}

/** The roots of an equation are numbered in no order: x₁, x₂. Other letters with numbers name a place. */
const rootName = /^([xyzt])_\d+$/;

const rootless = (name: string): string => rootName.exec(name)?.[1] ?? name;

const namesDiffer = (items: readonly Answer[]): boolean =>
  new Set(items.filter(isAssignment).map((item) => rootless(nameOf(item)))).size > 1;

/** The names of all items that have one; empty where none has. */
const namesIn = (items: readonly Answer[]): string =>
  [...new Set(items.filter(isAssignment).map((item) => rootless(nameOf(item))))].sort().join();

/** n = 1, 2, 3 gives n three values: the name is dropped when it is the only one. */
function spreadNames(items: readonly Answer[]): readonly Answer[] {
  const assignments = items.filter(isAssignment);
  if (assignments.length === 0 || namesDiffer(items)) return items;
  if (items.some((item) => item.kind === 'relation' && !isAssignment(item))) return items;
  return items.map((item) => (isAssignment(item) ? lastValueOf(item) : item));
}

/** {5} is 5, and {(1, 2)} is (1, 2), but {{5}} is not {5}. Undefined when neither side is a set of one. */
export function compareSetOfOne(
  gold: Answer,
  prediction: Answer,
  compare: Compare<unknown>,
): 'set' | null | undefined {
  if (gold.kind === 'set' && prediction.kind === 'set') return undefined;
  const single = (answer: Answer) =>
    answer.kind === 'set' && answer.items.length === 1 ? answer.items[0] : undefined;
  const [a, b] = [single(gold), single(prediction)];
  if (a === undefined && b === undefined) return undefined;
  return compare(a ?? gold, b ?? prediction) === null ? null : 'set';
}

/** A matrix against another, rows in brackets, or a point where it is a vector. */
export function compareMatrices(
  gold: Answer,
  prediction: Answer,
  compare: Compare<unknown>,
): 'matrix' | 'tuple' | null {
  const same: Same = (a, b) => compare(a, b) !== null;
  const [a, b] = [rowsOf(gold), rowsOf(prediction)];
  if (a !== null && b !== null) {
    return sameShape(a, b) && a.every((row, index) => inOrder(row, b[index] ?? [], same)) ? 'matrix' : null;
  }
  const [vectorA, vectorB] = [vectorOf(gold), vectorOf(prediction)];
  return vectorA !== null && vectorB !== null && inOrder(vectorA, vectorB, same) ? 'tuple' : null;
}

const isNested = (answer: Answer): boolean =>
  (answer.kind === 'tuple' || answer.kind === 'list') && answer.items.every((item) => item.kind === 'tuple');

function rowsOf(answer: Answer): Answer[][] | null {
  if (answer.kind === 'matrix') return answer.rows;
  if (!isNested(answer)) return null;
  return (itemsOf(answer) ?? []).map((row) => [...(itemsOf(row) ?? [])]);
}

/** The entries of a matrix of one row or column, or of a point. */
function vectorOf(answer: Answer): readonly Answer[] | null {
  if (answer.kind === 'tuple') return isHalfOpen(answer) ? null : answer.items;
  if (answer.kind !== 'matrix') return answer.kind === 'list' ? answer.items : null;
  if (answer.rows.length === 1) return answer.rows[0] ?? null;
  return answer.rows.every((row) => row.length === 1) ? answer.rows.flat() : null;
}
