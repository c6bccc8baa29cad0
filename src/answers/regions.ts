/** Parts of the real line: intervals, unions of them and inequalities in one unknown, compared by their members. */
import Complex from 'complex.js';
import { type Environment, evaluate } from './evaluate.js';
import { type Answer, childrenOf, has, isExpression, type RelationOperator, symbolsOf } from './tree.js';

interface Region {
  contains(value: number): boolean;
  /** Ends of intervals and other places where membership may change. */
  ends: number[];
  /** The unknown, where the notation has one. */
  unknown: string | null;
}

const relativeTolerance = 1e-9;
const none: Environment = () => new Complex(Number.NaN, 0);

/** −1, 0 or 1 as a is below, at or above b; null when either is not a real number. */
function compareReal(a: number, b: number): -1 | 0 | 1 | null {
  if (Number.isNaN(a) || Number.isNaN(b)) return null;
  if (a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a < b ? -1 : 1;
  if (Math.abs(a - b) <= relativeTolerance * Math.max(1, Math.abs(a), Math.abs(b))) return 0;
  return a < b ? -1 : 1;
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

function realValue(answer: Answer, environment: Environment = none): number {
  const { re, im } = evaluate(answer, environment);
  return Math.abs(im) <= relativeTolerance * Math.max(1, Math.abs(re)) ? re : Number.NaN;
}

/** All constants of a tree: where an inequality in one unknown may change. */
function constantsOf(answer: Answer, found: number[] = []): number[] {
  if (isExpression(answer) && symbolsOf(answer).length === 0) found.push(realValue(answer));
  for (const child of childrenOf(answer)) constantsOf(child, found);
  return found;
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
      return answer.name === 'mathbb R' ? { contains: () => true, ends: [], unknown: null } : null;
    case 'relation':
      return relationRegion(answer.items, answer.operators);
    case 'list':
      return answer.conjunction === null || !answer.items.every((item) => item.kind === 'relation')
        ? null
        : combined(answer.conjunction === 'or' ? 'union' : 'intersection', answer.items);
    default:
      return null;
  }
}

function pointsOf(items: readonly Answer[]): Region {
  const points = items.map((item) => realValue(item));
  return {
    contains: (value) => points.some((point) => compareReal(value, point) === 0),
    ends: points,
    unknown: null,
  };
}

function intervalOf({ items, open, close }: Extract<Answer, { kind: 'tuple' }>): Region | null {
  if (items.length !== 2 || items.some((item) => symbolsOf(item).length > 0)) return null;
  const [low, high] = items.map((item) => realValue(item));
  if (low === undefined || high === undefined || !(low <= high)) return null;
  return {
    contains: (value) =>
      holds(open === '[' ? '>=' : '>', compareReal(value, low) ?? 0) &&
      holds(close === ']' ? '<=' : '<', compareReal(value, high) ?? 0),
    ends: [low, high],
    unknown: null,
  };
}

function combined(kind: 'union' | 'intersection' | 'difference', items: readonly Answer[]): Region | null {
  const parts = items.map(regionOf);
  const known = parts.filter((part) => part !== null);
  if (known.length !== parts.length) return null;
  const unknowns = new Set(known.map(({ unknown }) => unknown).filter((name) => name !== null));
  if (unknowns.size > 1) return null;
  const [first, ...rest] = known;
  return {
    contains: (value) => {
      if (kind === 'union') return known.some((part) => part.contains(value));
      if (kind === 'intersection') return known.every((part) => part.contains(value));
      return first!.contains(value) && !rest.some((part) => part.contains(value));
    },
    ends: known.flatMap(({ ends }) => ends),
    unknown: [...unknowns][0] ?? null,
  };
}

/** x ∈ A, or a chain of inequalities in one unknown. */
function relationRegion(items: readonly Answer[], operators: readonly RelationOperator[]): Region | null {
  if (operators.length === 1 && operators[0] === 'in') {
    const [member, set] = items;
    const region = set && regionOf(set);
    return region && member?.kind === 'symbol' ? { ...region, unknown: member.name } : null;
  }
  const symbols = [...new Set(items.flatMap(symbolsOf))];
  const [unknown] = symbols;
  if (unknown === undefined || symbols.length !== 1) return null;
  if (operators.some((operator) => operator === 'in' || operator === '~')) return null;
  if (operators.every((operator) => operator === '=') || items.some((item) => !isExpression(item)))
    return null;
  if (items.some((item) => has(item, 'based'))) return null;
  return {
    contains: (value) => {
      const at: Environment = (name) => new Complex(name === unknown ? value : Number.NaN, 0);
      const values = items.map((item) => realValue(item, at));
      return operators.every((operator, index) => {
        const order = compareReal(values[index]!, values[index + 1]!);
        return order !== null && holds(operator, order);
      });
    },
    ends: items.flatMap((item) => constantsOf(item)),
    unknown,
  };
}

/** Numbers that distinguish two regions if any do: all ends and their opposites, between them and beyond. */
function probes(ends: readonly number[]): number[] {
  const finite = ends.filter(Number.isFinite).flatMap((end) => [end, -end]);
  const sorted = [...new Set([0, ...finite])].sort((a, b) => a - b);
  const between = sorted.slice(1).map((end, index) => (end + sorted[index]!) / 2);
  const outer = Math.max(1, ...sorted.map(Math.abs));
  const beyond = [1.1, 1.7, 3, 40].flatMap((factor) => [factor * outer, -factor * outer]);
  const scattered = Array.from({ length: 24 }, (_, index) => outer * 1.5 * Math.sin(1 + index * 2.399963));
  return [...sorted, ...between, ...beyond, ...scattered];
}

/** Whether both are regions with the same members; null when one of them is not a region. */
export function equalRegions(gold: Answer, prediction: Answer): boolean | null {
  const [a, b] = [regionOf(gold), regionOf(prediction)];
  if (a === null || b === null) return null;
  if (a.unknown !== null && b.unknown !== null && a.unknown !== b.unknown) return false;
  return probes([...a.ends, ...b.ends]).every((value) => a.contains(value) === b.contains(value));
}
