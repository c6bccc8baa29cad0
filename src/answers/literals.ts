/** Numbers and names as they are written. */
import Fraction from 'fraction.js';
import { UnreadableAnswer } from './lexer.js';
import type { Answer, NumberNode } from './tree.js';

/** @throws UnreadableAnswer for digits that make no number */
export function numberOf(text: string): NumberNode {
  const match = /^(\d*)(?:\.(\d*)(\(\d+\))?)?(?:[eE]([-+]?\d{1,3}))?$/.exec(text);
  if (match === null || text === '.') throw new UnreadableAnswer(`"${text}" is no number`);
  const [, whole = '', decimals, repeating, exponent] = match;
  const value = new Fraction(
    `${whole || '0'}${decimals || repeating ? `.${decimals ?? ''}${repeating ?? ''}` : ''}`,
  );
  // Digits that repeat forever and powers of ten make an exact number, not a rounded one.
  const isRounded = decimals !== undefined && repeating === undefined && exponent === undefined;
  return {
    kind: 'number',
    value: exponent === undefined ? value : value.mul(new Fraction(10).pow(Number(exponent))),
    decimals: isRounded ? decimals.length : null,
  };
}

const isWhole = (answer: Answer): boolean => answer.kind === 'number' && answer.decimals === null;

/** 3\frac{1}{2}: a whole number before a fraction of whole numbers. */
export const isMixedNumber = (left: Answer, right: Answer): boolean =>
  isWhole(left) && right.kind === 'divide' && isWhole(right.left) && isWhole(right.right);

/** @throws UnreadableAnswer */
export function symbolName(answer: Answer): string {
  if (answer.kind === 'symbol' || answer.kind === 'constant') return answer.name;
  if (answer.kind === 'number') return answer.value.toFraction();
  if (answer.kind === 'multiply' || answer.kind === 'add') return answer.items.map(symbolName).join('');
  if (answer.kind === 'list' || answer.kind === 'set') return answer.items.map(symbolName).join(',');
  if (answer.kind === 'negate') return `-${symbolName(answer.item)}`;
  throw new UnreadableAnswer('an index is not a name');
}

/** x₁, 204₅, a_{n+1}. @throws UnreadableAnswer */
export function withIndex(base: Answer, index: Answer): Answer {
  if (base.kind === 'number' && base.decimals === null) {
    return { kind: 'based', digits: base.value.toFraction(), base: symbolName(index) };
  }
  if (base.kind !== 'symbol' && base.kind !== 'constant') throw new UnreadableAnswer('an index has no place');
  const plain = index.kind === 'number' || index.kind === 'symbol' || index.kind === 'constant';
  if (plain) return { kind: 'symbol', name: `${base.name}_${symbolName(index)}` };
  return { kind: 'call', name: `${base.name}_`, parameters: [index] };
}
