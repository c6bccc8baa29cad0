/**
 * Arithmetic expressions: parsing, exact value, canonical form.
 *
 *     sum     = product { ("+" | "-") product }
 *     product = factor { ("*" | "/") factor }
 *     factor  = number | "(" sum ")"
 *     number  = "0" | nonzero-digit { digit }
 *
 * There is no sign before a number, no leading zero and no implied multiplication. Spaces may stand between
 * the parts. What a model writes is only ever parsed, never evaluated as code.
 */
import { apply, integer, type Operator, type Rational } from './rational.js';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Longest expression that is looked at, in characters. */
const maxExpressionLength = 200;
/** Deepest nesting of parentheses that is followed. */
const maxDepth = 32;
/** Longest number: every number of so many digits is exact in a double. */
const maxDigits = 15;

export type ParseResult = { readonly expression: Expression } | { readonly error: string };

class SyntaxProblem extends Error {}

const isDigit = (character: string): boolean =>
  character >= '0' && character <= '9' && character.length === 1;

class Parser {
  #position = 0;
  #depth = 0;

  constructor(readonly text: string) {}

  parse(): Expression {
    const expression = this.#sum();
    if (this.#peek() !== '') throw this.#unexpected();
    return expression;
  }

  #peek(): string {
    while (this.text[this.#position] === ' ') this.#position++;
    return this.text[this.#position] ?? '';
  }

  #unexpected(): SyntaxProblem {
    const found = this.#peek();
    if (found === '') return new SyntaxProblem('ends too early');
    const shown = String.fromCodePoint(this.text.codePointAt(this.#position) ?? 0);
    return new SyntaxProblem(`unexpected ${JSON.stringify(shown)} at character ${this.#position + 1}`);
  }

  #chain(operators: string, operand: () => Expression): Expression {
    let left = operand();
    for (
      let operator = this.#peek();
      operator !== '' && operators.includes(operator);
      operator = this.#peek()
    ) {
      this.#position++;
      left = { kind: 'operation', operator: operator as Operator, left, right: operand() };
    }
    return left;
  }

  #sum(): Expression {
    return this.#chain('+-', () => this.#chain('*/', () => this.#factor()));
  }

  #factor(): Expression {
    const next = this.#peek();
    if (next === '(') {
      if (++this.#depth > maxDepth) throw new SyntaxProblem(`nested deeper than ${maxDepth}`);
      this.#position++;
      const inner = this.#sum();
      if (this.#peek() !== ')') throw this.#unexpected();
      this.#position++;
      this.#depth--;
      return inner;
    }
    if (!isDigit(next)) throw this.#unexpected();
    const start = this.#position;
    while (isDigit(this.text[this.#position] ?? '')) this.#position++;
    const digits = this.text.slice(start, this.#position);
    if (digits.length > 1 && digits.startsWith('0')) {
      throw new SyntaxProblem(`leading zero at character ${start + 1}`);
    }
    if (digits.length > maxDigits) throw new SyntaxProblem(`number longer than ${maxDigits} digits`);
    return { kind: 'number', value: Number(digits) };
  }
}

/** The expression a text holds, or why it holds none. Takes time linear in the length of any text. */
export function parseExpression(text: string): ParseResult {
  if (text.length > maxExpressionLength) return { error: `longer than ${maxExpressionLength} characters` };
  if (text.trim() === '') return { error: 'empty' };
  try {
    return { expression: new Parser(text).parse() };
  } catch (error) {
    if (error instanceof SyntaxProblem) return { error: error.message };
    throw error;
  }
}

/** The numbers of an expression, from left to right. */
export function leaves(expression: Expression): number[] {
  return expression.kind === 'number'
    ? [expression.value]
    : [...leaves(expression.left), ...leaves(expression.right)];
}

/** The exact value, or 'undefined' where it divides by zero, or 'large' where doubles would round. */
export function evaluate(expression: Expression): Rational | 'undefined' | 'large' {
  if (expression.kind === 'number') return integer(expression.value);
  const left = evaluate(expression.left);
  if (typeof left === 'string') return left;
  const right = evaluate(expression.right);
  if (typeof right === 'string') return right;
  if (expression.operator === '/' && right.numerator === 0) return 'undefined';
  return apply(expression.operator, left, right) ?? 'large';
}
