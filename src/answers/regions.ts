/** Parts of the real line: intervals, unions of them and inequalities in one unknown, compared by their members. */
import type { Decimal } from 'decimal.js';
import { type Ball, isDefined, precisionOf, realOf, sizeOf, sizeOfBall } from './ball.js';
import { type Environment, evaluate, noSymbols } from './evaluate.js';
import { equalExpressions, infinityOf } from './numbers.js';
import { asReal, bordersOf } from './roots.js';
import {
  type Answer,
  childrenOf,
  has,
  isExpression,
  type RelationOperator,
  replaced,
  symbolsOf,
} from './tree.js';

interface Region {
  contains(value: Ball): boolean;
  /** Ends of intervals and other places where membership may change. */
  ends: Ball[];
  /** Those that are written down. */
  written: Answer[];
  /** The unknown, where the notation has one. */
  unknown: string | null;
}

const precision = precisionOf(28, false);
const none = noSymbols(precision);

/** −1, 0 or 1 as a is below, at or above b; null when either is not a real number. */
function compareReal(a: Ball | null, b: Ball | null): -1 | 0 | 1 | null {
  if (a === null || b === null || a.re.isNaN() || b.re.isNaN()) return null;
  const order = a.re.cmp(b.re);
  if (order === 0 || !a.re.isFinite() || !b.re.isFinite()) return order < 0 ? -1 : order > 0 ? 1 : 0;
  const error = Math.max(a.error, b.error, Math.max(sizeOf(a.re), sizeOf(b.re)) - precision.digits + 2) + 1;
  return sizeOf(a.re.sub(b.re)) <= error ? 0 : order < 0 ? -1 : 1;
}

const holds = (operator: RelationOperator, order: -1 | 0 | 1): boolean => {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '!=':
      return order !== 0;
    default:
      return order === 0;
  }
};

/** Infinite, too; null when it is not real. */
function realValue(answer: Answer, environment: Environment = none): Ball | null {
  const infinite = infinityOf(answer);
  const value = evaluate(answer, environment);
  if (infinite !== 0) return { ...value, re: new precision.number(infinite).div(0) };
  return isDefined(value) ? realOf(value) : null;
}

/** All constants of a tree: where an inequality in one unknown may change. */
function constantsOf(answer: Answer): Answer[] {
  const own = isExpression(answer) && symbolsOf(answer).length === 0 ? [answer] : [];
  return [...own, ...childrenOf(answer).flatMap((child) => constantsOf(child))];
}

/** The region that an answer is; null when it is none. */
function regionOf(answer: Answer): Region | null {
  switch (answer.kind) {
    case 'tuple':
      return intervalOf(answer);
    case 'union':
    case 'intersection':
    case 'difference':
      return combined(answer.kind, answer.items);
    case 'set':
      return answer.items.length > 0 &&
        answer.items.every((item) => isExpression(item) && symbolsOf(item).length === 0)
        ? pointsOf(answer.items)
        : null;
    case 'symbol':
      return answer.name === 'mathbb R'
        ? { contains: () => true, ends: [], written: [], unknown: null }
        : null;
    case 'relation':
      return relationRegion(answer.items, answer.operators);
    case 'list':
      return !answer.items.every((item) => item.kind === 'relation')
        ? null
        : combined(answer.conjunction === 'or' ? 'union' : 'intersection', answer.items);
    default:
      return null;
  }
}

function pointsOf(items: readonly Answer[]): Region | null {
  const points = items.map((item) => realValue(item)).filter((point) => point !== null);
  if (points.length < items.length) return null;
  return {
    contains: (value) => points.some((point) => compareReal(value, point) === 0),
    ends: points,
    written: [...items],
    unknown: null,
  };
}

function intervalOf({ items, open, close }: Extract<Answer, { kind: 'tuple' }>): Region | null {
  if (items.length !== 2 || items.some((item) => !isExpression(item) || symbolsOf(item).length > 0))
    return null;
  const [low, high] = items.map((item) => realValue(item));
  if (!low || !high || (compareReal(low, high) ?? 1) > 0) return null;
  return {
    contains: (value) =>
      holds(open === '[' ? '>=' : '>', compareReal(value, low) ?? 0) &&
      holds(close === ']' ? '<=' : '<', compareReal(value, high) ?? 0),
    ends: [low, high],
    written: items,
    unknown: null,
  };
}

function combined(kind: 'union' | 'intersection' | 'difference', items: readonly Answer[]): Region | null {
  const known = items.map(regionOf).filter((part) => part !== null);
  const [first, ...rest] = known;
  if (first === undefined || known.length !== items.length) return null;
  const unknowns = new Set(known.map(({ unknown }) => unknown).filter((name) => name !== null));
  if (unknowns.size > 1) return null;
  return {
    contains: (value) => {
      if (kind === 'union') return known.some((part) => part.contains(value));
      if (kind === 'intersection') return known.every((part) => part.contains(value));
      return first.contains(value) && !rest.some((part) => part.contains(value));
    },
    ends: known.flatMap(({ ends }) => ends),
    written: known.flatMap(({ written }) => written),
    unknown: [...unknowns][0] ?? null,
  };
}

/** f(x) and |AB| between bounds are unknowns themselves. */
function withPlainUnknown(items: readonly Answer[]): Answer[] {
  return items.map((item) =>
    replaced(item, (node) =>
      node.kind === 'call' &&
      /^[A-Za-z]$/.test(node.name) &&
      node.parameters.every(({ kind }) => kind === 'symbol')
        ? { kind: 'symbol', name: `${node.name}()` }
        : null,
    ),
  );
}

/** x ∈ A, or a chain of inequalities in one unknown. */
function relationRegion(given: readonly Answer[], operators: readonly RelationOperator[]): Region | null {
  if (operators.length === 1 && operators[0] === 'in') {
    const [member, set] = given;
    const region = set && regionOf(set);
    return region && member?.kind === 'symbol' ? { ...region, unknown: member.name } : null;
  }
  const items = withPlainUnknown(given);
  const symbols = [...new Set(items.flatMap(symbolsOf))];
  const [unknown] = symbols;
  if (unknown === undefined || symbols.length !== 1) return null;
  if (operators.some((operator) => operator === 'in' || operator === '~')) return null;
  if (operators.every((operator) => operator === '=') || items.some((item) => !isExpression(item)))
    return null;
  if (items.some((item) => has(item, 'based'))) return null;
  const fixed = items.map((item) => (symbolsOf(item).length === 0 ? realValue(item) : undefined));
  if (fixed.includes(null)) return null;
  const at = (value: Ball): Environment => ({
    precision,
    valueOf: (name) => (name === unknown ? value : none.valueOf(name)),
  });
  const constants = items.every((item) => item.kind === 'symbol' || symbolsOf(item).length === 0)
    ? items.filter((item) => item.kind !== 'symbol')
    : items.flatMap((item) => constantsOf(item));
  return {
    contains: (value) => {
      const values = items.map((item, index) => fixed[index] ?? realValue(item, at(value)));
      return operators.every((operator, index) => {
        const order = compareReal(values[index] ?? null, values[index + 1] ?? null);
        return order !== null && holds(operator, order);
      });
    },
    ends: [
      ...constants.map((constant) => realValue(constant)).filter((value) => value !== null),
      ...bordersOfRelation(items, at),
    ],
    written: constants,
    unknown,
  };
}

/** Where two neighbours of the chain are equal, or one ceases to be defined. */
function bordersOfRelation(items: readonly Answer[], at: (value: Ball) => Environment): Ball[] {
  return items.slice(1).flatMap((right, index) => {
    const left = items[index];
    // Plain bounds are among the constants.
    if (
      left === undefined ||
      [left, right].every((side) => side.kind === 'symbol' || symbolsOf(side).length === 0)
    )
      return [];
    if (infinityOf(left) !== 0 || infinityOf(right) !== 0) return [];
    const difference: Answer = { kind: 'add', items: [left, { kind: 'negate', item: right }] };
    const f = (x: Decimal) =>
      asReal(evaluate(difference, at({ re: x, im: x.mul(0), error: Number.NEGATIVE_INFINITY })));
    return bordersOf(f, precision.number).map(({ value }) => value);
  });
}

/** Digits that two ends of regions must share to be the same. */
const digitsOfEnds = 15;

/** Numbers that distinguish two regions if any do: all ends, beside them, between them and beyond. */
function probes(ends: readonly Ball[]): Ball[] {
  const exact = (re: Decimal): Ball => ({ re, im: re.mul(0), error: Number.NEGATIVE_INFINITY });
  const finite = ends.filter(({ re }) => re.isFinite());
  const beside = finite.flatMap((end) => {
    const step = new precision.number(10).pow(Math.max(sizeOfBall(end), -10) - digitsOfEnds);
    return [exact(end.re.add(step)), exact(end.re.sub(step)), exact(end.re.neg())];
  });
  const sorted = [new precision.number(0), ...finite.map(({ re }) => re)].sort((a, b) => a.cmp(b));
  const between = sorted.slice(1).map((end, index) => exact(end.add(sorted[index] ?? end).div(2)));
  const outer = sorted.reduce(
    (most, end) => (end.abs().gt(most) ? end.abs() : most),
    new precision.number(1),
  );
  const beyond = [1.1, 1.7, 3, 40, 1e4].flatMap((factor) => [
    exact(outer.mul(factor)),
    exact(outer.mul(-factor)),
  ]);
  const scattered = Array.from({ length: 16 }, (_, index) =>
    exact(outer.mul((1.5 * Math.sin(1 + index * 2.399963)).toFixed(9))),
  );
  return [...finite, exact(new precision.number(0)), ...beside, ...between, ...beyond, ...scattered];
}

/** Whether both are regions with the same members; null when one of them is not a region. */
export function equalRegions(gold: Answer, prediction: Answer): boolean | null {
  const [a, b] = [regionOf(gold), regionOf(prediction)];
  if (a === null || b === null) return null;
  if (a.unknown !== null && b.unknown !== null && a.unknown !== b.unknown) return false;
  const tried = probes([...a.ends, ...b.ends]);
  return (
    tried.every((value) => a.contains(value) === b.contains(value)) &&
    // Two conditions that nothing satisfies are not the same for that.
    tried.some((value) => a.contains(value)) &&
    a.written.every((end) => b.written.every((other) => !isNearly(end, other)))
  );
}

/** Whether two ends are too near each other for numbers between them to be tried, but are not the same. */
function isNearly(end: Answer, other: Answer): boolean {
  const [a, b] = [realValue(end), realValue(other)];
  if (!a?.re.isFinite() || !b?.re.isFinite()) return false;
  const distance = sizeOf(a.re.sub(b.re)) - Math.max(sizeOf(a.re), sizeOf(b.re), -10);
  return distance < 1 - digitsOfEnds && equalExpressions(end, other) === null;
}
