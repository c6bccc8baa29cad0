/** What an answer is once it is read: an expression, or a structure of expressions. */
import Fraction from 'fraction.js';
import { spend } from './budget.js';

/** A number as it was written. `decimals` counts the digits after the point; null for a whole number. */
export interface NumberNode {
  kind: 'number';
  value: Fraction;
  decimals: number | null;
}

export type Answer =
  | NumberNode
  | { kind: 'symbol'; name: string }
  /** π, e, the imaginary unit, ∞. */
  | { kind: 'constant'; name: 'pi' | 'e' | 'i' | 'infinity' }
  | { kind: 'call'; name: string; parameters: Answer[] }
  | { kind: 'add' | 'multiply'; items: Answer[] }
  /** A degree counts as its number, but in functions of angles. */
  | { kind: 'negate' | 'percent' | 'degree' | 'factorial'; item: Answer }
  | { kind: 'divide' | 'power'; left: Answer; right: Answer }
  /** left ± right; `sign` is −1 for ∓. */
  | { kind: 'plusMinus'; left: Answer | null; right: Answer; sign: 1 | -1 }
  /** Digits in a base that is written as an index, such as 204₅. */
  | { kind: 'based'; digits: string; base: string }
  | { kind: 'matrix'; rows: Answer[][] }
  | { kind: 'ratio'; items: Answer[] }
  /** a < b ≤ c: one operator fewer than items. */
  | { kind: 'relation'; items: Answer[]; operators: RelationOperator[] }
  /** A point, a vector or an interval: the brackets show which, but not always. */
  | { kind: 'tuple'; items: Answer[]; open: '(' | '['; close: ')' | ']' }
  | { kind: 'set'; items: Answer[] }
  /** Items side by side, in whatever order. */
  | { kind: 'list'; items: Answer[]; conjunction: 'and' | 'or' | null }
  | { kind: 'union' | 'intersection' | 'difference'; items: Answer[] }
  /** With the words that stand beside it: a unit, mostly. */
  | { kind: 'quantity'; item: Answer; unit: string };

export type Relation = Extract<Answer, { kind: 'relation' }>;
/** Why two answers are the same; null when they are not. */
export type Compare<Reason> = (gold: Answer, prediction: Answer) => Reason | null;

export const wholeNumber = (value: number | bigint): NumberNode => ({
  kind: 'number',
  value: new Fraction(value),
  decimals: null,
});

export type RelationOperator = '=' | '!=' | '<' | '<=' | '>' | '>=' | '~' | 'in';

const expressionKinds: ReadonlySet<Answer['kind']> = new Set([
  'number',
  'symbol',
  'constant',
  'call',
  'add',
  'multiply',
  'negate',
  'percent',
  'degree',
  'factorial',
  'divide',
  'power',
  'plusMinus',
  'based',
] as const);

/** Whether it stands for one number, as far as its outermost node shows. */
export const isExpression = (answer: Answer): boolean => expressionKinds.has(answer.kind);

/** The nodes right below. @throws OutOfSteps */
export function childrenOf(answer: Answer): readonly Answer[] {
  // Products of matrices share their entries: a small answer may be a large tree.
  spend(1);
  switch (answer.kind) {
    case 'number':
    case 'symbol':
    case 'constant':
    case 'based':
      return [];
    case 'call':
      return answer.parameters;
    case 'negate':
    case 'percent':
    case 'degree':
    case 'factorial':
    case 'quantity':
      return [answer.item];
    case 'divide':
    case 'power':
      return [answer.left, answer.right];
    case 'plusMinus':
      return answer.left ? [answer.left, answer.right] : [answer.right];
    case 'matrix':
      return answer.rows.flat();
    default:
      return answer.items;
  }
}

/** The variable that a sum or a product runs over, which is not an unknown of it; null for anything else. */
function boundVariable(answer: Answer): string | null {
  if (answer.kind !== 'call' || (answer.name !== 'sum' && answer.name !== 'prod')) return null;
  const [lower] = answer.parameters;
  const variable = lower?.kind === 'relation' ? lower.items[0] : undefined;
  return variable?.kind === 'symbol' ? variable.name : null;
}

/** Names of the unknowns, sorted. */
export function symbolsOf(answer: Answer): string[] {
  const names = new Set<string>();
  const collect = (node: Answer, bound: readonly string[]) => {
    if (node.kind === 'symbol' && !bound.includes(node.name)) names.add(node.name);
    const variable = boundVariable(node);
    for (const child of childrenOf(node)) collect(child, variable === null ? bound : [...bound, variable]);
  };
  collect(answer, []);
  return [...names].sort();
}

export const some = (answer: Answer, holds: (node: Answer) => boolean): boolean =>
  holds(answer) || childrenOf(answer).some((child) => some(child, holds));

export const has = (answer: Answer, kind: Answer['kind']): boolean =>
  some(answer, (node) => node.kind === kind);

/** The tree with some nodes replaced; `replacement` says by what, or null to look below. */
export function replaced(answer: Answer, replacement: (node: Answer) => Answer | null): Answer {
  spend(1);
  const found = replacement(answer);
  if (found !== null) return found;
  const within = (node: Answer): Answer => replaced(node, replacement);
  switch (answer.kind) {
    case 'number':
    case 'symbol':
    case 'constant':
    case 'based':
      return answer;
    case 'call':
      return { ...answer, parameters: answer.parameters.map(within) };
    case 'negate':
    case 'percent':
    case 'degree':
    case 'factorial':
    case 'quantity':
      return { ...answer, item: within(answer.item) };
    case 'divide':
    case 'power':
      return { ...answer, left: within(answer.left), right: within(answer.right) };
    case 'plusMinus':
      return { ...answer, left: answer.left && within(answer.left), right: within(answer.right) };
    case 'matrix':
      return { ...answer, rows: answer.rows.map((row) => row.map(within)) };
    default:
      return { ...answer, items: answer.items.map(within) };
  }
}

/** A node without those below it. */
function headOf(answer: Answer): string {
  switch (answer.kind) {
    case 'number':
      return `${answer.value.toFraction()} ${answer.decimals}`;
    case 'symbol':
    case 'constant':
    case 'call':
      return answer.name;
    case 'based':
      return `${answer.digits} ${answer.base}`;
    case 'plusMinus':
      return String(answer.sign);
    case 'relation':
      return answer.operators.join();
    case 'tuple':
      return answer.open + answer.close;
    case 'list':
      return answer.conjunction ?? '';
    case 'matrix':
      return answer.rows.map((row) => row.length).join();
    case 'quantity':
      return answer.unit;
    default:
      return '';
  }
}

/** The whole tree as a text that tells it from others. */
export const signatureOf = (answer: Answer): string =>
  `${answer.kind} ${headOf(answer)}(${childrenOf(answer).map(signatureOf).join()})`;

/** Whether they were written the same way. */
export function identical(a: Answer, b: Answer): boolean {
  if (a.kind !== b.kind || headOf(a) !== headOf(b)) return false;
  const [ofA, ofB] = [childrenOf(a), childrenOf(b)];
  return ofA.length === ofB.length && ofA.every((child, index) => identical(child, ofB[index] ?? b));
}
