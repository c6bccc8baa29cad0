/**
 * One text for all ways to write the same computation, and short texts for a computation.
 *
 * Two expressions count as the same answer when the commutative and associative laws turn one into the
 * other, subtraction taken as adding the opposite and division as multiplying by the inverse. So a+b = b+a,
 * (a+b)+c = a+(b+c), a−b−c = a−(b+c), a−(b−c) = a+c−b, a/(b/c) = a*c/b. Distributing (a*b+a*c = a*(b+c)),
 * pulling out signs ((a−b)*(c−d) = (b−a)*(d−c)) and dropping neutral numbers (a*1 = a/1) make different
 * answers: they are different ideas, and each uses the given numbers differently.
 */
import { type Expression, parseExpression } from './expression.js';

/** A term of a sum or a factor of a product; `inverted` ones are subtracted or divided by. */
interface Part {
  readonly expression: Expression;
  readonly inverted: boolean;
}

/** An expression seen as a sum or a product of as many parts as possible. */
function flatten(expression: Expression, direct: '+' | '*', inverted = false): Part[] {
  const inverse = direct === '+' ? '-' : '/';
  if (expression.kind === 'number' || (expression.operator !== direct && expression.operator !== inverse)) {
    return [{ expression, inverted }];
  }
  return [
    ...flatten(expression.left, direct, inverted),
    ...flatten(expression.right, direct, inverted !== (expression.operator === inverse)),
  ];
}

/** Numbers in numeric order, then compound parts in the order of their characters. */
function compareTexts(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  if (!Number.isNaN(difference)) return difference;
  const aIsNumber = !Number.isNaN(Number(a));
  const bIsNumber = !Number.isNaN(Number(b));
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Puts the texts of direct and inverted parts in their order. The first one is always a direct one. */
export type PartOrder = (
  parts: { text: string; inverted: boolean }[],
) => { text: string; inverted: boolean }[];

const canonicalOrder: PartOrder = (parts) =>
  parts.sort((a, b) => Number(a.inverted) - Number(b.inverted) || compareTexts(a.text, b.text));

/**
 * An expression as text, with the fewest parentheses that its sums and products allow.
 *
 * @param order puts the terms of each sum and the factors of each product in order
 */
export function formatExpression(expression: Expression, order: PartOrder = canonicalOrder): string {
  if (expression.kind === 'number') return `${expression.value}`;
  const isSum = expression.operator === '+' || expression.operator === '-';
  const parts = flatten(expression, isSum ? '+' : '*').map((part) => {
    const text = formatExpression(part.expression, order);
    // Parts of a sum are products or numbers; those of a product that are not numbers are sums.
    const needsParentheses = !isSum && part.expression.kind === 'operation';
    return { text: needsParentheses ? `(${text})` : text, inverted: part.inverted };
  });
  const [direct, inverse] = isSum ? ['+', '-'] : ['*', '/'];
  return order(parts)
    .map((part, index) => (index === 0 ? part.text : `${part.inverted ? inverse : direct}${part.text}`))
    .join('');
}

/** Canonical text of an expression: itself an expression, with the same value. */
export const canonicalForm = (expression: Expression): string => formatExpression(expression);

/** Canonical text of a response, or '' when it is not an expression. */
export function canonicalAnswer(response: string): string {
  const result = parseExpression(response);
  return 'expression' in result ? canonicalForm(result.expression) : '';
}
