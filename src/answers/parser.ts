/** Tokens to a tree, by recursive descent. What is not mathematics throws `UnreadableAnswer`. */
import Fraction from 'fraction.js';
import { type Token, tokenize, UnreadableAnswer } from './lexer.js';
import { bracketFunctions, prefixFunctions } from './notation.js';
import type { Answer, NumberNode, RelationOperator } from './tree.js';

export interface ParsedAnswer {
  answer: Answer;
  /** Words that stood beside it: units, mostly. */
  words: string;
}

/** Brackets within brackets. */
const deepestNesting = 60;

const relationOperators: Readonly<Record<string, RelationOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~': '~',
  in: 'in',
};

const closingCommands = new Set(['end matrix', 'rfloor', 'rceil', 'bmod', 'mod', 'pmod']);

/** Letters that name functions when brackets follow at once; other letters are factors: x(x + 1). */
const functionLetters = /^[fghFGHPQRTWpqr]$/;

/** @throws UnreadableAnswer */
export function parseAnswer(text: string): ParsedAnswer {
  const parser = new Parser(tokenize(text));
  const answer = parser.whole();
  return { answer, words: parser.words.join(' ') };
}

const whole = (value: number | bigint): NumberNode => ({
  kind: 'number',
  value: new Fraction(value),
  decimals: null,
});

class Parser {
  readonly words: string[] = [];
  #place = 0;
  #depth = 0;
  /** Open absolute values: the next bar closes one. */
  #bars = 0;

  /** @param tokens its own from now on: numbers in them are split, see `#digit` */
  constructor(private readonly tokens: Token[]) {}

  get #next(): Token | undefined {
    return this.tokens[this.#place];
  }

  #isSign(text: string): boolean {
    const token = this.#next;
    return token?.kind === 'sign' && token.text === text;
  }

  #isCommand(text: string): boolean {
    const token = this.#next;
    return token?.kind === 'command' && token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#isSign(text)) return false;
    this.#place++;
    return true;
  }

  #takeCommand(text: string): boolean {
    if (!this.#isCommand(text)) return false;
    this.#place++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new UnreadableAnswer(`"${text}" is missing`);
  }

  whole(): Answer {
    // "The answer is 3"
    const first = this.#next;
    if (first?.kind === 'text' && this.tokens.length > 1 && /(?:\bis|\bare|[:=])$/i.test(first.text))
      this.#place++;
    const answer = this.#list();
    this.#skipWords();
    this.#take('.');
    if (this.#next) throw new UnreadableAnswer(`"${this.#next.text}" has no place`);
    return answer;
  }

  /** Drops words that only accompany: units and such. */
  #skipWords(): void {
    for (let token = this.#next; token?.kind === 'text' && !isConjunction(token.text); token = this.#next) {
      if (this.#place === 0) return;
      this.words.push(token.text);
      this.#place++;
      // cm^2
      if (this.#isSign('^')) {
        this.#place++;
        this.#exponent();
      }
    }
  }

  #separator(): 'and' | 'or' | 'none' | null {
    let found: 'and' | 'or' | 'none' | null = null;
    for (;;) {
      const token = this.#next;
      if (token?.kind === 'sign' && (token.text === ',' || token.text === ';')) found ??= 'none';
      else if (token?.kind === 'sign' && (token.text === 'and' || token.text === 'or')) found = token.text;
      else if (token?.kind === 'text' && isConjunction(token.text)) {
        found = /or/i.test(token.text) ? 'or' : 'and';
      } else return found;
      this.#place++;
    }
  }

  #list(): Answer {
    if (++this.#depth > deepestNesting) throw new UnreadableAnswer('it is nested too deeply');
    const items = [this.#relation()];
    let conjunction: 'and' | 'or' | null = null;
    for (;;) {
      this.#skipWords();
      const separator = this.#separator();
      if (separator === null) break;
      if (separator !== 'none') conjunction = separator;
      if (!this.#next || this.#isClosing()) break;
      items.push(this.#relation());
    }
    this.#depth--;
    return items.length === 1 ? items[0]! : { kind: 'list', items, conjunction };
  }

  #isClosing(): boolean {
    const token = this.#next;
    return token?.kind === 'sign' && [')', ']', '}', '\\}'].includes(token.text);
  }

  #relation(): Answer {
    const items: Answer[] = [];
    const operators: RelationOperator[] = [];
    for (;;) {
      items.push(this.#sets());
      this.#skipWords();
      const token = this.#next;
      const operator = token?.kind === 'sign' ? relationOperators[token.text] : undefined;
      if (operator === undefined) break;
      this.#place++;
      operators.push(operator);
    }
    return operators.length === 0 ? items[0]! : { kind: 'relation', items, operators };
  }

  #sets(): Answer {
    let left = this.#ratio();
    for (;;) {
      this.#skipWords();
      const kind = this.#take('cup')
        ? 'union'
        : this.#take('cap')
          ? 'intersection'
          : this.#take('setminus')
            ? 'difference'
            : null;
      if (kind === null) return left;
      left = { kind, items: [left, this.#ratio()] };
    }
  }

  #ratio(): Answer {
    const items = [this.#sum()];
    while (this.#isSign(':') && this.#bars === 0) {
      this.#place++;
      items.push(this.#sum());
    }
    return items.length === 1 ? items[0]! : { kind: 'ratio', items };
  }

  #sum(): Answer {
    let left: Answer;
    if (this.#take('+-')) left = { kind: 'plusMinus', left: null, right: this.#product(), sign: 1 };
    else if (this.#take('-+')) left = { kind: 'plusMinus', left: null, right: this.#product(), sign: -1 };
    else if (this.#take('-')) left = { kind: 'negate', item: this.#product() };
    else {
      this.#take('+');
      left = this.#product();
    }
    for (;;) {
      if (this.#take('+')) left = { kind: 'add', items: [left, this.#product()] };
      else if (this.#take('-'))
        left = { kind: 'add', items: [left, { kind: 'negate', item: this.#product() }] };
      else if (this.#take('+-')) left = { kind: 'plusMinus', left, right: this.#product(), sign: 1 };
      else if (this.#take('-+')) left = { kind: 'plusMinus', left, right: this.#product(), sign: -1 };
      else return left;
    }
  }

  #product(): Answer {
    let left = this.#factor();
    for (;;) {
      if (this.#take('*')) left = { kind: 'multiply', items: [left, this.#signedFactor()] };
      else if (this.#take('/')) left = { kind: 'divide', left, right: this.#signedFactor() };
      else if (this.#takeCommand('bmod') || this.#takeCommand('mod')) {
        left = { kind: 'call', name: 'mod', parameters: [left, this.#signedFactor()] };
      }
      // 7 (mod 12): the modulus only accompanies.
      else if (this.#takeCommand('pmod')) this.#argument();
      else if (this.#startsFactor()) {
        const right = this.#factor();
        left = isMixedNumber(left, right)
          ? { kind: 'add', items: [left, right] }
          : { kind: 'multiply', items: [left, right] };
      } else return left;
    }
  }

  #signedFactor(): Answer {
    if (this.#take('-')) return { kind: 'negate', item: this.#signedFactor() };
    this.#take('+');
    return this.#factor();
  }

  #startsFactor(): boolean {
    const token = this.#next;
    if (!token) return false;
    if (token.kind === 'number' || token.kind === 'symbol') return true;
    if (token.kind === 'command') return !closingCommands.has(token.text);
    if (token.kind === 'text') return false;
    if (token.text === '|') return this.#bars === 0;
    return ['(', '[', '{', 'pi', 'sqrt', 'infinity'].includes(token.text);
  }

  /** 3 1/2 as it is written without LaTeX: a fraction of two whole numbers after a space. */
  #plainMixed(left: NumberNode): Answer | null {
    const [numerator, slash, denominator] = this.tokens.slice(this.#place, this.#place + 3);
    if (left.decimals !== null || numerator?.kind !== 'number' || !numerator.spaceBefore) return null;
    if (slash?.kind !== 'sign' || slash.text !== '/' || denominator?.kind !== 'number') return null;
    this.#place += 3;
    const fraction: Answer = {
      kind: 'divide',
      left: numberOf(numerator.text),
      right: numberOf(denominator.text),
    };
    return { kind: 'add', items: [left, fraction] };
  }

  #factor(): Answer {
    let base = this.#primary();
    if (base.kind === 'number') base = this.#plainMixed(base) ?? base;
    for (let next = this.#postfix(base); next; next = this.#postfix(base)) base = next;
    return base;
  }

  /** A factor with one postfix sign applied; null when none follows. */
  #postfix(base: Answer): Answer | null {
    if (this.#take('^')) {
      return this.#takeDegree()
        ? { kind: 'degree', item: base }
        : { kind: 'power', left: base, right: this.#exponent() };
    }
    if (this.#take('degree')) return { kind: 'degree', item: base };
    if (this.#take('_')) return withIndex(base, this.#exponent());
    if (this.#take('!')) return { kind: 'factorial', item: base };
    if (this.#take('%')) return { kind: 'percent', item: base };
    if (base.kind === 'symbol' && this.#take("'")) return { kind: 'symbol', name: `${base.name}'` };
    const token = this.#next;
    const isPercent =
      token?.kind === 'text' && /^(percents?|pct)\b/i.test(token.text) && base.kind !== 'percent';
    if (!isPercent) return null;
    this.#place++;
    return { kind: 'percent', item: base };
  }

  /** The sign of degrees, alone or in braces: 45^\circ, 45^{\circ}. */
  #takeDegree(): boolean {
    if (this.#take('degree')) return true;
    const [open, sign, close] = this.tokens.slice(this.#place, this.#place + 3);
    if (open?.text !== '{' || sign?.text !== 'degree' || close?.text !== '}') return false;
    this.#place += 3;
    return true;
  }

  /** What follows ^ or _: a group, a signed number, or one token; \frac12 and x^23 take one digit. */
  #exponent(): Answer {
    if (this.#isSign('{') || this.#isSign('(')) return this.#primary();
    if (this.#take('-')) return { kind: 'negate', item: this.#exponent() };
    return this.#primary();
  }

  /** The argument of a command: a group, or one digit or letter. */
  #argument(): Answer {
    const token = this.#next;
    if (this.#isSign('{')) return this.#primary();
    if (token?.kind === 'number' && token.text.length > 1 && !token.spaceBefore) {
      return this.#digit(token.text);
    }
    return this.#primary();
  }

  /** \frac12: the first digit now, the rest for the next argument. */
  #digit(text: string): Answer {
    this.tokens[this.#place] = { kind: 'number', text: text.slice(1), spaceBefore: false };
    return numberOf(text[0]!);
  }

  #primary(): Answer {
    const token = this.#next;
    if (!token) throw new UnreadableAnswer('it ends too early');
    if (++this.#depth > deepestNesting) throw new UnreadableAnswer('it is nested too deeply');
    this.#place++;
    const answer = this.#primaryOf(token);
    this.#depth--;
    return answer;
  }

  #primaryOf(token: Token): Answer {
    switch (token.kind) {
      case 'number':
        return numberOf(token.text);
      case 'symbol':
        return this.#symbol(token.text);
      case 'command':
        return this.#command(token.text);
      case 'text':
        throw new UnreadableAnswer(`"${token.text}" is a word`);
      case 'sign':
        return this.#bracket(token.text);
    }
  }

  #symbol(name: string): Answer {
    const bracket = this.#next;
    if (functionLetters.test(name) && this.#isSign('(') && bracket?.spaceBefore === false) {
      this.#place++;
      const parameters = this.#list();
      this.#expect(')');
      return { kind: 'call', name, parameters: parameters.kind === 'list' ? parameters.items : [parameters] };
    }
    if (name === 'e' || name === 'i') return { kind: 'constant', name };
    return { kind: 'symbol', name };
  }

  #bracket(sign: string): Answer {
    switch (sign) {
      case 'pi':
        return { kind: 'constant', name: 'pi' };
      case 'infinity':
        return { kind: 'constant', name: 'infinity' };
      case 'emptyset':
        return { kind: 'set', items: [] };
      case 'sqrt':
        return { kind: 'call', name: 'sqrt', parameters: [this.#argument()] };
      case '|': {
        this.#bars++;
        const item = this.#sum();
        this.#expect('|');
        this.#bars--;
        return { kind: 'call', name: 'abs', parameters: [item] };
      }
      case '{':
        return this.#group('}');
      case '\\{':
        return this.#group('\\}');
      case '(':
      case '[':
        return this.#tuple(sign);
      case '-':
        return { kind: 'negate', item: this.#primary() };
      default:
        throw new UnreadableAnswer(`"${sign}" has no place`);
    }
  }

  #group(close: '}' | '\\}'): Answer {
    if (this.#take(close)) return { kind: 'set', items: [] };
    const outer = this.#bars;
    this.#bars = 0;
    const inner = this.#list();
    // {x | x > 5} and {x : x > 5}: the condition is the set.
    if (close === '\\}' && (this.#take('|') || this.#take(':'))) {
      const condition = this.#list();
      this.#expect(close);
      this.#bars = outer;
      return condition;
    }
    this.#skipWords();
    this.#expect(close);
    this.#bars = outer;
    if (inner.kind === 'list') return { kind: 'set', items: inner.items };
    if (close === '}') return inner;
    return inner.kind === 'ratio' && inner.items.length === 2 && inner.items[1]!.kind === 'relation'
      ? inner.items[1]!
      : { kind: 'set', items: [inner] };
  }

  #tuple(open: '(' | '['): Answer {
    const outer = this.#bars;
    this.#bars = 0;
    const inner = this.#list();
    this.#bars = outer;
    this.#skipWords();
    const close = this.#take(')') ? ')' : this.#take(']') ? ']' : null;
    if (close === null) throw new UnreadableAnswer('a bracket is not closed');
    if (inner.kind === 'list') return { kind: 'tuple', items: inner.items, open, close };
    return inner;
  }

  #command(name: string): Answer {
    switch (name) {
      case 'frac':
        return { kind: 'divide', left: this.#argument(), right: this.#argument() };
      case 'binom':
        return { kind: 'call', name, parameters: [this.#argument(), this.#argument()] };
      case 'sqrt':
        return this.#root();
      case 'begin matrix':
        return this.#matrix();
      case 'boxed':
      case 'fbox':
        return this.#argument();
      case 'lfloor':
        return this.#rounded('floor', 'rfloor');
      case 'lceil':
        return this.#rounded('ceil', 'rceil');
      case 'mathbb':
        return { kind: 'symbol', name: `mathbb ${symbolName(this.#argument())}` };
      case 'sum':
      case 'prod':
      case 'int':
      case 'lim':
        return this.#bound(name);
    }
    if (prefixFunctions.has(name) || bracketFunctions.has(name)) return this.#function(name);
    throw new UnreadableAnswer(`\\${name} is not known`);
  }

  #rounded(name: 'floor' | 'ceil', close: string): Answer {
    const item = this.#sum();
    if (!this.#isCommand(close)) throw new UnreadableAnswer(`\\${close} is missing`);
    this.#place++;
    return { kind: 'call', name, parameters: [item] };
  }

  #root(): Answer {
    if (!this.#take('[')) return { kind: 'call', name: 'sqrt', parameters: [this.#argument()] };
    const index = this.#sum();
    this.#expect(']');
    return { kind: 'power', left: this.#argument(), right: { kind: 'divide', left: whole(1), right: index } };
  }

  /** Σ, Π, ∫ and limits: the bounds and the body, as a function of what they are. */
  #bound(name: string): Answer {
    const parameters: Answer[] = [];
    for (const sign of ['_', '^', '_']) {
      if (this.#take(sign)) parameters.push(this.#isSign('{') ? this.#primary() : this.#argument());
    }
    parameters.push(this.#product());
    return { kind: 'call', name, parameters };
  }

  #function(name: string): Answer {
    const extra: Answer[] = [];
    let power: Answer | null = null;
    for (;;) {
      if (this.#take('_')) extra.push(this.#exponent());
      else if (this.#take('^')) power = this.#exponent();
      else break;
    }
    let parameters: Answer[];
    if (this.#isSign('(')) {
      this.#place++;
      const inner = this.#list();
      this.#expect(')');
      parameters = inner.kind === 'list' ? inner.items : [inner];
    } else parameters = [this.#functionArgument()];
    const inverse = power?.kind === 'negate' && power.item.kind === 'number' && power.item.value.equals(1);
    if (inverse && /^(sin|cos|tan)$/.test(name)) return { kind: 'call', name: `arc${name}`, parameters };
    const call: Answer = { kind: 'call', name, parameters: [...parameters, ...extra] };
    return power === null ? call : { kind: 'power', left: call, right: power };
  }

  /** sin 2x takes all the factors up to the next sign, sin x cos x only its own. */
  #functionArgument(): Answer {
    let left = this.#signedFactor();
    while (this.#startsFactor() && this.#next?.kind !== 'command') {
      left = { kind: 'multiply', items: [left, this.#factor()] };
    }
    return left;
  }

  #matrix(): Answer {
    const rows: Answer[][] = [];
    let row: Answer[] = [];
    while (!this.#isCommand('end matrix')) {
      if (!this.#next) throw new UnreadableAnswer('a matrix does not end');
      if (this.#take('\\\\')) {
        if (row.length > 0) rows.push(row);
        row = [];
      } else if (!this.#take('&')) row.push(this.#relation());
    }
    this.#place++;
    if (row.length > 0) rows.push(row);
    return { kind: 'matrix', rows };
  }
}

const isConjunction = (text: string): boolean => /^(and|or|and also|or else)$/i.test(text.trim());

function numberOf(text: string): NumberNode {
  const point = text.indexOf('.');
  // Digits that repeat forever and powers of ten make an exact number, not a rounded one.
  const isRounded = point !== -1 && !/[(eE]/.test(text);
  const [digits, exponent] = (text.startsWith('.') ? `0${text}` : text).split(/[eE]/);
  const value = new Fraction(digits!.replace(/\.$/, ''));
  return {
    kind: 'number',
    value: exponent === undefined ? value : value.mul(new Fraction(10).pow(Number(exponent))),
    decimals: isRounded ? text.length - point - 1 : null,
  };
}

const isWhole = (answer: Answer): boolean => answer.kind === 'number' && answer.decimals === null;

/** 3\frac{1}{2}: a whole number before a fraction of whole numbers. */
const isMixedNumber = (left: Answer, right: Answer): boolean =>
  isWhole(left) && right.kind === 'divide' && isWhole(right.left) && isWhole(right.right);

function symbolName(answer: Answer): string {
  if (answer.kind === 'symbol' || answer.kind === 'constant') return answer.name;
  if (answer.kind === 'number') return answer.value.toFraction();
  if (answer.kind === 'multiply' || answer.kind === 'add') return answer.items.map(symbolName).join('');
  if (answer.kind === 'negate') return `-${symbolName(answer.item)}`;
  throw new UnreadableAnswer('an index is not a name');
}

function withIndex(base: Answer, index: Answer): Answer {
  if (base.kind === 'number' && base.decimals === null) {
    return { kind: 'based', digits: base.value.toFraction(), base: symbolName(index) };
  }
  if (base.kind !== 'symbol' && base.kind !== 'constant') throw new UnreadableAnswer('an index has no place');
  const plain = index.kind === 'number' || index.kind === 'symbol' || index.kind === 'constant';
  if (plain) return { kind: 'symbol', name: `${base.name}_${symbolName(index)}` };
  return { kind: 'call', name: `${base.name}_`, parameters: [index] };
}
