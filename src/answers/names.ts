/** What stands before the sign of equality: names of what was asked for, which a value alone may leave out. */
import { type Answer, type Relation, signatureOf, symbolsOf } from './tree.js';

/** What no value is asked of: an equation in √x asks for x, while "sin A = 3/5" is a value. */
const notNames = new Set('sqrt exp ln log lg sum prod max min mod floor ceil'.split(' '));

/** x, x₁, AB, |CD|, AB/CD, S₁ : S₂, f(x), P(X > 2), ∠ABC: what a value can be given to. */
function isName(answer: Answer): boolean {
  switch (answer.kind) {
    case 'symbol':
      return true;
    case 'call':
      return !notNames.has(answer.name);
    // AB, the length of a segment, is read as a product; (x, y) names two values at once.
    case 'multiply':
    case 'tuple':
    case 'ratio':
      return answer.items.every(isName);
    case 'divide':
      return isName(answer.left) && isName(answer.right);
    case 'power':
      // AB², and f⁻¹(x).
      return (isFigure(answer.left) && answer.right.kind === 'number') || isInverse(answer);
    // f ∘ g: its sign is that of degrees, too.
    case 'degree':
    case 'quantity':
      return isName(answer.item);
    default:
      return false;
  }
}

const isInverse = ({ left, right }: Extract<Answer, { kind: 'power' | 'divide' }>): boolean =>
  left.kind === 'symbol' && /^[fghFGH]$/.test(left.name) && right.kind === 'negate';

/** Names of points side by side, or between bars: AB², |AB|². */
const isFigure = (answer: Answer): boolean =>
  answer.kind === 'multiply'
    ? answer.items.every((item) => isFigure(item) || (item.kind === 'symbol' && /^[A-Z]/.test(item.name)))
    : answer.kind === 'call' && !notNames.has(answer.name);

/** a + b, x − y + z: what a problem asks for as one. */
const isSumOfNames = (answer: Answer): boolean => answer.kind === 'add' && answer.items.every(isTerm);

const isTerm = (answer: Answer): boolean =>
  isSumOfNames(answer) || isName(answer.kind === 'negate' ? answer.item : answer);

export function isAssignment(answer: Answer): answer is Relation {
  if (answer.kind !== 'relation') return false;
  const [first] = answer.items;
  return answer.operators[0] === '=' && first !== undefined && isName(first);
}

/** Of a name, or of a relation that begins with it. */
export function nameOf(answer: Answer): string {
  switch (answer.kind) {
    case 'relation':
      return answer.items[0] ? nameOf(answer.items[0]) : '';
    case 'symbol':
      return answer.name.replace(/^(?:angle|triangle|overline|vec|bar) /, '');
    case 'multiply':
    case 'tuple':
      return answer.items.map(nameOf).join('');
    case 'ratio':
      return answer.items.map(nameOf).join(':');
    case 'divide':
      return `${nameOf(answer.left)}:${nameOf(answer.right)}`;
    case 'call':
      return callName(answer.name, answer.parameters);
    default:
      return '';
  }
}

/** f(x) is f, whatever its unknown is called; sin A and P(X = 2) are names as they are. */
function callName(name: string, parameters: readonly Answer[]): string {
  const [first] = parameters;
  if (name === 'abs' && first) return nameOf(first);
  const isFunction = /^[A-Za-z]$/.test(name) && parameters.every(({ kind }) => kind === 'symbol');
  return isFunction ? `${name}()` : `${name}(${parameters.map(signatureOf).join()})`;
}

/** The last value of a chain. */
export const lastValueOf = (answer: Answer): Answer =>
  answer.kind === 'relation' ? (valuesOf(answer)?.[0] ?? answer) : answer;

/**
 * What a chain says its name is: the value before ≈, or the last one; then what it is nearly, which a gold answer in
 * decimals may be. Null for an equation in unknowns, and for inequalities.
 * @param ofSum whether a sum of names is one that was asked for
 */
export function valuesOf({ items, operators }: Relation, ofSum = false): Answer[] | null {
  const [head, next] = items;
  const last = items.at(-1);
  if (head === undefined || next === undefined || last === undefined) return null;
  if (operators.length === 1 && operators[0] === 'in') return isName(head) ? [last] : null;
  if (!operators.every((operator) => operator === '=' || operator === '~')) return null;
  // 5 = x
  if (items.length === 2 && last.kind === 'symbol' && symbolsOf(head).length === 0) return [head];
  const hasName = isName(head) || (ofSum && isSumOfNames(head));
  // 7 = 11a + c says nothing of what was asked for.
  if (!hasName && (symbolsOf(head).length > 0 || symbolsOf(last).length > 0)) return null;
  const nearly = operators.indexOf('~');
  if (nearly === -1) return [last];
  const exact = nearly === 0 && hasName ? next : items[nearly];
  return exact === undefined || exact === last ? [last] : [exact, last];
}
