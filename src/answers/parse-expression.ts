/** Sums, products and powers. */
import { UnreadableAnswer } from './lexer.js';
import { isMixedNumber, numberOf, withIndex } from './literals.js';
import { PrimaryParser } from './parse-primary.js';
import { type Answer, type NumberNode, wholeNumber } from './tree.js';

const closingCommands = new Set([
  'end matrix',
  'end determinant',
  'end layout',
  'rfloor',
  'rceil',
  'bmod',
  'mod',
  'pmod',
  'over',
  'choose',
]);

export abstract class ExpressionParser extends PrimaryParser {
  sum(): Answer {
    let left: Answer;
    if (this.take('+-')) left = { kind: 'plusMinus', left: null, right: this.product(), sign: 1 };
    else if (this.take('-+')) left = { kind: 'plusMinus', left: null, right: this.product(), sign: -1 };
    else if (this.take('-')) left = negated(this.product());
    else {
      this.take('+');
      left = this.product();
    }
    for (;;) {
      if (this.take('+')) left = { kind: 'add', items: [left, this.product()] };
      else if (this.take('-'))
        left = { kind: 'add', items: [left, { kind: 'negate', item: this.product() }] };
      else if (this.take('+-')) left = { kind: 'plusMinus', left, right: this.product(), sign: 1 };
      else if (this.take('-+')) left = { kind: 'plusMinus', left, right: this.product(), sign: -1 };
      else return left;
    }
  }

  product(): Answer {
    let left = this.#factor();
    for (;;) {
      if (this.take('*')) left = { kind: 'multiply', items: [left, this.#signedFactor()] };
      else if (this.take('/')) left = { kind: 'divide', left, right: this.#signedFactor() };
      else if (this.takeCommand('bmod') || this.takeCommand('mod')) {
        left = { kind: 'call', name: 'mod', parameters: [left, this.#signedFactor()] };
      }
      // 7 (mod 12): only answers with the same modulus are the same.
      else if (this.takeCommand('pmod'))
        left = { kind: 'quantity', item: left, unit: `mod ${this.#modulus()}` };
      else if (this.#startsFactor()) {
        // "4 5" is neither 45 nor 20.
        if (left.kind === 'number' && this.next?.kind === 'number')
          throw new UnreadableAnswer('two numbers side by side');
        const right = this.#factor();
        left = joined(left, right);
      } else return left;
    }
  }

  #modulus(): string {
    const from = this.place;
    this.argument();
    return this.tokens
      .slice(from, this.place)
      .map(({ text }) => text.replace(/[{}]/, ''))
      .join('');
  }

  #signedFactor(): Answer {
    if (this.take('-')) return { kind: 'negate', item: this.nested(() => this.#signedFactor()) };
    this.take('+');
    return this.#factor();
  }

  #startsFactor(): boolean {
    const token = this.next;
    if (!token) return false;
    if (token.kind === 'number' || token.kind === 'symbol') return true;
    if (token.kind === 'command') return !closingCommands.has(token.text);
    if (token.kind === 'text') return false;
    if (token.text === '|') return this.bars === 0;
    return ['(', '[', '{', 'pi', 'sqrt', 'infinity'].includes(token.text);
  }

  /** 3 1/2 as it is written without LaTeX: a fraction of two whole numbers after a space. */
  #plainMixed(left: NumberNode): Answer | null {
    const [numerator, slash, denominator] = this.tokens.slice(this.place, this.place + 3);
    if (left.decimals !== null || numerator?.kind !== 'number' || !numerator.spaceBefore) return null;
    if (slash?.kind !== 'sign' || slash.text !== '/' || denominator?.kind !== 'number') return null;
    this.place += 3;
    const fraction: Answer = {
      kind: 'divide',
      left: numberOf(numerator.text),
      right: numberOf(denominator.text),
    };
    return { kind: 'add', items: [left, fraction] };
  }

  #factor(): Answer {
    let base = this.primary();
    if (base.kind === 'number') base = this.#plainMixed(base) ?? base;
    for (let next = this.#postfix(base); next; next = this.#postfix(base)) base = next;
    return base;
  }

  /** A factor with one postfix sign applied; null when none follows. */
  #postfix(base: Answer): Answer | null {
    const primes = this.#primes();
    if (primes > 0) return primed(base, primes);
    if (this.take('^')) {
      return this.#takeDegree() ? this.#minutes(base) : { kind: 'power', left: base, right: this.exponent() };
    }
    if (this.take('degree')) return this.#minutes(base);
    if (this.take('_')) return withIndex(base, this.exponent());
    if (this.take('!')) return { kind: 'factorial', item: base };
    if (this.take('%')) return { kind: 'percent', item: base };
    const token = this.next;
    const isPercent =
      token?.kind === 'text' && /^(percents?|percentage|pct)\b/i.test(token.text) && base.kind !== 'percent';
    if (!isPercent) return null;
    this.place++;
    return { kind: 'percent', item: base };
  }

  /** How many: f'', y^{\prime}. */
  #primes(): number {
    let count = 0;
    while (this.take("'")) count++;
    const [power, open, ...rest] = this.tokens.slice(this.place, this.place + 6).map(({ text }) => text);
    if (count > 0 || power !== '^') return count;
    const signs = open === '{' ? rest : [open, ...rest];
    while (signs[count] === "'") count++;
    if (count === 0 || (open === '{' && signs[count] !== '}')) return 0;
    this.place += 1 + count + (open === '{' ? 2 : 0);
    return count;
  }

  /** 63° 45′ 30″ in degrees. */
  #minutes(degrees: Answer): Answer {
    const items = [degrees];
    for (const [primes, size] of [
      [1, 60],
      [2, 3600],
    ] as const) {
      const from = this.place;
      const number = this.next;
      if (number?.kind !== 'number') break;
      this.place++;
      if (this.#primes() === primes) {
        items.push({ kind: 'divide', left: numberOf(number.text), right: wholeNumber(size) });
      } else this.place = from;
    }
    return { kind: 'degree', item: items.length === 1 ? degrees : { kind: 'add', items } };
  }

  /** The sign of degrees, alone or in braces: 45^\circ, 45^{\circ}. */
  #takeDegree(): boolean {
    if (this.take('degree')) return true;
    const [open, sign, close] = this.tokens.slice(this.place, this.place + 3);
    if (open?.text !== '{' || sign?.text !== 'degree' || close?.text !== '}') return false;
    this.place += 3;
    return true;
  }

  /** What follows ^ or _: a group, a signed number, or one token. */
  exponent(): Answer {
    if (this.isSign('{') || this.isSign('(')) return this.primary();
    if (this.take('-')) return { kind: 'negate', item: this.nested(() => this.exponent()) };
    return this.primary();
  }

  /** sin 2x takes all the factors up to the next sign, sin x cos x only its own. */
  functionArgument(): Answer {
    let left = this.#signedFactor();
    while (this.#startsFactor() && this.next?.kind !== 'command') {
      left = { kind: 'multiply', items: [left, this.#factor()] };
    }
    return left;
  }
}

/** Two factors side by side, or a mixed number: 3½, 12½ %. */
function joined(left: Answer, right: Answer): Answer {
  if (isMixedNumber(left, right)) return { kind: 'add', items: [left, right] };
  if (right.kind === 'percent' && isMixedNumber(left, right.item)) {
    return { kind: 'percent', item: { kind: 'add', items: [left, right.item] } };
  }
  return { kind: 'multiply', items: [left, right] };
}

/** −1 mod 2 is the remainder of −1. */
function negated(product: Answer): Answer {
  const [first, ...rest] = product.kind === 'call' && product.name === 'mod' ? product.parameters : [];
  return product.kind === 'call' && first
    ? { ...product, parameters: [{ kind: 'negate', item: first }, ...rest] }
    : { kind: 'negate', item: product };
}

/** The derivative of a name, or feet and inches. */
function primed(base: Answer, primes: number): Answer {
  if (base.kind === 'symbol') return { ...base, name: `${base.name}${"'".repeat(primes)}` };
  if (base.kind === 'number') return { kind: 'quantity', item: base, unit: primes === 1 ? 'foot' : 'inch' };
  throw new UnreadableAnswer('a prime has no place');
}
