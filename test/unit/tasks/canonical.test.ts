import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAnswer, formatExpression } from '../../../src/tasks/canonical.js';
import { type Expression, evaluate, leaves, parseExpression } from '../../../src/tasks/expression.js';

const expressionArbitrary: fc.Arbitrary<Expression> = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant('number' as const), value: fc.integer({ min: 0, max: 20 }) }),
    fc.record({
      kind: fc.constant('operation' as const),
      operator: fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const),
      left: tie('tree'),
      right: tie('tree'),
    }),
  ),
})).tree;

/** Every operation in parentheses: as far from the canonical text as can be. */
const verbose = (expression: Expression): string =>
  expression.kind === 'number'
    ? `${expression.value}`
    : `(${verbose(expression.left)}${expression.operator}${verbose(expression.right)})`;

function parsed(text: string): Expression {
  const result = parseExpression(text);
  if ('error' in result) throw new Error(`${text}: ${result.error}`);
  return result.expression;
}

const short = expressionArbitrary.filter((expression) => verbose(expression).length <= 200);

describe('canonicalAnswer', () => {
  it.each([
    ['7+3', '3+7'],
    ['(1+2)+3', '3+(2+1)'],
    ['9-2-3', '9-(2+3)'],
    ['9-(2-3)', '3+9-2'],
    ['9-2+3', '9+3-2'],
    ['2*(3+4)', '(4+3)*2'],
    ['8/2/2', '8/(2*2)'],
    ['8/(2/3)', '3*8/2'],
    ['((5))', '5'],
    ['10+9', '9+10'],
    ['2*3+4*5', '5*4+3*2'],
  ])('%s is the same answer as %s', (a, b) => {
    expect(canonicalAnswer(a)).toBe(canonicalAnswer(b));
  });

  it.each([
    ['2*3+2*4', '2*(3+4)'],
    ['(9-2)*(4-3)', '(2-9)*(3-4)'],
    ['5*1', '5/1'],
    ['3+7', '3*7'],
    ['9-2', '2-9'],
    ['2*(3+4)', '2*3+4'],
  ])('%s is another answer than %s', (a, b) => {
    expect(canonicalAnswer(a)).not.toBe(canonicalAnswer(b));
  });

  it('is readable: numbers ascending, subtraction and division last, few parentheses', () => {
    expect(canonicalAnswer('12-(3-7*2)')).toBe('12+2*7-3');
    expect(canonicalAnswer('((12/3))*(7-2)')).toBe('12*(7-2)/3');
    expect(canonicalAnswer('what?')).toBe('');
  });

  it('is an expression of the same numbers and value, and canonical itself', () => {
    fc.assert(
      fc.property(short, (expression) => {
        const text = canonicalAnswer(verbose(expression));
        const back = parsed(text);
        expect(leaves(back).toSorted()).toEqual(leaves(expression).toSorted());
        const value = evaluate(expression);
        // The order of operations decides whether an intermediate value is too large.
        fc.pre(value !== 'large' && evaluate(back) !== 'large');
        // a/(b/0) has a zero divisor that a*0/b has not: compared only where a value exists.
        if (value !== 'undefined') expect(evaluate(back)).toEqual(value);
        expect(canonicalAnswer(text)).toBe(text);
        expect(text.length).toBeLessThanOrEqual(verbose(expression).length);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not change when operands of + and * change places', () => {
    const flip = (expression: Expression): Expression =>
      expression.kind === 'number'
        ? expression
        : expression.operator === '+' || expression.operator === '*'
          ? { ...expression, left: flip(expression.right), right: flip(expression.left) }
          : { ...expression, left: flip(expression.left), right: flip(expression.right) };
    fc.assert(
      fc.property(expressionArbitrary, (expression) => {
        expect(formatExpression(flip(expression))).toBe(formatExpression(expression));
      }),
    );
  });
});
