/** Notation that changes nothing: ± as its two values, sums and products of matrices as one. */
import { spend } from './budget.js';
import { type Answer, isExpression, wholeNumber } from './tree.js';

export function simplify(answer: Answer): Answer {
  if (answer.kind === 'relation') {
    const last = answer.items.at(-1);
    const variants = last === undefined ? [] : signVariants(last);
    if (variants.length < 2) return { ...answer, items: answer.items.map(asMatrix) };
    const items = variants.map((variant) => ({ ...answer, items: [...answer.items.slice(0, -1), variant] }));
    return { kind: 'list', items, conjunction: 'or' };
  }
  if (answer.kind === 'list' || answer.kind === 'set') {
    const items = withoutDomains(answer.items).map(simplify);
    const [only] = items;
    if (answer.kind === 'list' && items.length === 1 && only) return only;
    // {±1} has two members.
    return { ...answer, items: items.flatMap((item) => (isPlusMinus(item) ? item.items : [item])) };
  }
  if (answer.kind === 'quantity') return { ...answer, item: simplify(answer.item) };
  const variants = signVariants(answer);
  return variants.length > 1 ? { kind: 'list', items: variants, conjunction: 'or' } : asMatrix(answer);
}

/** "x = kπ, k ∈ ℤ": that k is whole is no answer of its own. */
function withoutDomains(items: readonly Answer[]): Answer[] {
  const rest = items.filter(
    (item) => !(item.kind === 'relation' && item.operators[0] === 'in' && isDomain(item.items[1])),
  );
  return rest.length === 0 ? [...items] : rest;
}

const isDomain = (answer: Answer | undefined): boolean =>
  answer?.kind === 'symbol' && /^mathbb [ZNRQC]$/.test(answer.name);

const isPlusMinus = (answer: Answer): answer is Extract<Answer, { kind: 'list' }> =>
  answer.kind === 'list' && answer.conjunction === 'or';

export const hasPlusMinus = (answer: Answer): boolean => signVariants(answer).length > 1;

/** The values that ± stands for: all upper signs, then all lower ones. */
function signVariants(answer: Answer): Answer[] {
  let found = false;
  const withSign = (node: Answer, upper: 1 | -1): Answer => {
    spend(1);
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

type Matrix = Extract<Answer, { kind: 'matrix' }>;

/** Sums, differences, multiples and products of matrices as one matrix; anything else as it is. */
function asMatrix(answer: Answer): Answer {
  spend(1);
  switch (answer.kind) {
    case 'negate': {
      const item = asMatrix(answer.item);
      return item.kind === 'matrix' ? scaled(wholeNumber(-1), item) : answer;
    }
    case 'add':
    case 'multiply': {
      const [left, right] = answer.items.map(asMatrix);
      if (!left || !right || answer.items.length !== 2) return answer;
      return (answer.kind === 'add' ? matrixSum(left, right) : matrixProduct(left, right)) ?? answer;
    }
    case 'divide': {
      const left = asMatrix(answer.left);
      return matrixProduct({ kind: 'divide', left: wholeNumber(1), right: answer.right }, left) ?? answer;
    }
    case 'call': {
      const [only] = answer.parameters;
      return answer.name === 'det' && only?.kind === 'matrix' ? (determinant(only.rows) ?? answer) : answer;
    }
    case 'power':
      return answer.left.kind === 'matrix' ? (matrixPower(answer.left, answer.right) ?? answer) : answer;
    default:
      return answer;
  }
}

const scaled = (factor: Answer, { rows }: Matrix): Matrix => ({
  kind: 'matrix',
  rows: rows.map((row) => row.map((entry) => ({ kind: 'multiply', items: [factor, entry] }))),
});

function matrixSum(left: Answer, right: Answer): Matrix | null {
  if (left.kind !== 'matrix' || right.kind !== 'matrix' || !sameShape(left.rows, right.rows)) return null;
  return {
    kind: 'matrix',
    rows: left.rows.map((row, y) =>
      row.map((entry, x) => ({ kind: 'add', items: [entry, right.rows[y]?.[x] ?? wholeNumber(0)] })),
    ),
  };
}

export const sameShape = (a: readonly Answer[][], b: readonly Answer[][]): boolean =>
  a.length === b.length && a.every((row, index) => row.length === b[index]?.length);

/** Of two matrices, or of a number and a matrix; null for anything else. */
function matrixProduct(one: Answer, other: Answer): Matrix | null {
  if (one.kind !== 'matrix') return other.kind === 'matrix' && isExpression(one) ? scaled(one, other) : null;
  if (other.kind !== 'matrix') return isExpression(other) ? scaled(other, one) : null;
  const [left, right] = [one.rows, other.rows];
  if (left.some((row) => row.length !== right.length)) return null;
  const columns = right[0]?.length ?? 0;
  if (right.some((row) => row.length !== columns)) return null;
  const rows = left.map((row) =>
    Array.from(
      { length: columns },
      (_, column): Answer => ({
        kind: 'add',
        items: row.map((entry, index) => ({
          kind: 'multiply',
          items: [entry, right[index]?.[column] ?? wholeNumber(0)],
        })),
      }),
    ),
  );
  return { kind: 'matrix', rows };
}

/** Rows of a determinant that is still written out. */
const mostRows = 5;

/** By its first row; null when the matrix is not square, or large. */
function determinant(rows: readonly Answer[][]): Answer | null {
  const [first, ...rest] = rows;
  if (first === undefined || rows.length > mostRows || rows.some((row) => row.length !== rows.length))
    return null;
  if (rest.length === 0) return first[0] ?? null;
  const items = first.map((entry, column): Answer => {
    const minor = determinant(rest.map((row) => row.filter((_, index) => index !== column)));
    const term: Answer = { kind: 'multiply', items: [entry, minor ?? wholeNumber(0)] };
    return column % 2 === 0 ? term : { kind: 'negate', item: term };
  });
  return { kind: 'add', items };
}

/** Small powers alone; a transposed matrix. */
function matrixPower(matrix: Matrix, exponent: Answer): Matrix | null {
  if (exponent.kind === 'symbol' && /^(T|top|mathsf T)$/.test(exponent.name)) {
    const columns = matrix.rows[0]?.length ?? 0;
    if (matrix.rows.some((row) => row.length !== columns)) return null;
    return {
      kind: 'matrix',
      rows: Array.from({ length: columns }, (_, x) => matrix.rows.map((row) => row[x] ?? wholeNumber(0))),
    };
  }
  if (exponent.kind !== 'number' || !exponent.value.equals(2)) return null;
  return matrixProduct(matrix, matrix);
}
