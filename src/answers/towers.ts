/** Numbers too great or too small to be written down, by their logarithms: 9^(9^(9^9)). */
import { type Precision, same } from './ball.js';
import { evaluate, noSymbols } from './evaluate.js';
import type { Answer } from './tree.js';

/** Logarithms of logarithms. */
const deepest = 8;

/** Whether both are products of powers whose logarithms are equal. */
export function equalTowers(precision: Precision, gold: Answer, prediction: Answer, depth = 0): boolean {
  if (depth > deepest) return false;
  const [a, b] = [logarithmOf(gold), logarithmOf(prediction)];
  if (a === null || b === null || a.sign !== b.sign) return false;
  const none = noSymbols(precision);
  const equal = same(precision, evaluate(a.logarithm, none), evaluate(b.logarithm, none));
  return equal ?? equalTowers(precision, a.logarithm, b.logarithm, depth + 1);
}

interface SignedLogarithm {
  sign: 1 | -1;
  /** Of the size, without what would have to be written down. */
  logarithm: Answer;
}

/** Null for a sum: it has no simple one. */
function logarithmOf(answer: Answer): SignedLogarithm | null {
  switch (answer.kind) {
    case 'negate': {
      const inner = logarithmOf(answer.item);
      return inner && { ...inner, sign: inner.sign === 1 ? -1 : 1 };
    }
    case 'number': {
      if (answer.value.equals(0)) return null;
      const size: Answer = { ...answer, value: answer.value.abs() };
      return {
        sign: answer.value.s < 0n ? -1 : 1,
        logarithm: { kind: 'call', name: 'ln', parameters: [size] },
      };
    }
    case 'constant':
      return answer.name === 'pi' || answer.name === 'e'
        ? { sign: 1, logarithm: { kind: 'call', name: 'ln', parameters: [answer] } }
        : null;
    case 'power': {
      const base = logarithmOf(answer.left);
      return base?.sign === 1
        ? { sign: 1, logarithm: { kind: 'multiply', items: [answer.right, base.logarithm] } }
        : null;
    }
    case 'divide': {
      const [left, right] = [logarithmOf(answer.left), logarithmOf(answer.right)];
      return (
        left && right && combined(left, { ...right, logarithm: { kind: 'negate', item: right.logarithm } })
      );
    }
    case 'multiply': {
      const [first, ...rest] = answer.items.map(logarithmOf);
      return rest.reduce<SignedLogarithm | null>(
        (total, part) => (total && part ? combined(total, part) : null),
        first ?? null,
      );
    }
    default:
      return null;
  }
}

const combined = (a: SignedLogarithm, b: SignedLogarithm): SignedLogarithm => ({
  sign: a.sign === b.sign ? 1 : -1,
  logarithm: { kind: 'add', items: [a.logarithm, b.logarithm] },
});
