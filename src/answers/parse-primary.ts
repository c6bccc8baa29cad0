/** What stands alone: numbers, names, brackets, commands with their arguments, matrices. */
import { Cursor } from './cursor.js';
import { type Token, UnreadableAnswer } from './lexer.js';
import { numberOf, symbolName } from './literals.js';
import { bracketFunctions, prefixFunctions } from './notation.js';
import { type Answer, replaced, wholeNumber } from './tree.js';

/** Letters that name functions when brackets follow at once; other letters are factors: x(x + 1). */
const functionLetters = /^[fghFGHPQRTWpqr]$/;

export abstract class PrimaryParser extends Cursor {
  abstract list(): Answer;
  abstract relation(): Answer;
  abstract sum(): Answer;
  abstract product(): Answer;
  abstract exponent(): Answer;
  /** What a function without brackets is of. */
  abstract functionArgument(): Answer;

  primary(): Answer {
    const token = this.next;
    if (!token) throw new UnreadableAnswer('it ends too early');
    this.place++;
    return this.nested(() => this.#primaryOf(token));
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

  /** The argument of a command: a group, or one digit or letter; \sqrt 12 is meant as the root of 12. */
  argument(isFraction = false): Answer {
    const token = this.next;
    if (this.isSign('{')) return this.primary();
    if (token?.kind === 'number' && /^\d\d/.test(token.text) && (isFraction || !token.spaceBefore)) {
      // \frac12: the first digit now, the rest for the next argument.
      this.tokens[this.place] = { kind: 'number', text: token.text.slice(1), spaceBefore: false };
      return numberOf(token.text.slice(0, 1));
    }
    return this.primary();
  }

  #symbol(name: string): Answer {
    const bracket = this.next;
    if (functionLetters.test(name) && this.isSign('(') && bracket?.spaceBefore === false) {
      return { kind: 'call', name, parameters: this.#parameters() };
    }
    // I(0) is a value at the beginning, and no product.
    const [open, zero, close] = this.tokens.slice(this.place, this.place + 3).map(({ text }) => text);
    if (open === '(' && zero === '0' && close === ')')
      return { kind: 'call', name, parameters: this.#parameters() };
    const digits = this.next;
    if (/^[A-Za-z]$/.test(name) && digits?.kind === 'number' && !digits.spaceBefore) {
      // x1 is x₁.
      this.place++;
      return { kind: 'symbol', name: `${name}_${digits.text}` };
    }
    if (name === 'e' || name === 'i') return { kind: 'constant', name };
    return { kind: 'symbol', name };
  }

  /** Between brackets, those of P(A | B) as well. */
  #parameters(): Answer[] {
    this.expect('(');
    return this.withoutBars(() => {
      const inner = this.list();
      const condition = this.take('mid') ? [this.list()] : [];
      this.expect(')');
      return [...(inner.kind === 'list' ? inner.items : [inner]), ...condition];
    });
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
        return { kind: 'call', name: 'sqrt', parameters: [this.argument()] };
      case '|': {
        this.bars++;
        const item = this.sum();
        this.expect('|');
        this.bars--;
        return { kind: 'call', name: 'abs', parameters: [item] };
      }
      case '{':
        return this.withoutBars(() => this.#group());
      case '\\{':
        return this.withoutBars(() => this.#set());
      case '(':
      case '[':
        return this.withoutBars(() => this.#tuple(sign));
      case '-':
        return { kind: 'negate', item: this.primary() };
      default:
        throw new UnreadableAnswer(`"${sign}" has no place`);
    }
  }

  /** Braces that LaTeX does not show: {1, 3} is the list 1, 3. */
  #group(): Answer {
    const inner = this.lowered(this.list());
    this.expect('}');
    return inner;
  }

  /** {n \choose k}, {1 \over 2}: with what stands below. */
  protected lowered(left: Answer): Answer {
    if (this.takeCommand('over')) return { kind: 'divide', left, right: this.list() };
    if (this.takeCommand('choose')) return { kind: 'call', name: 'binom', parameters: [left, this.list()] };
    return left;
  }

  #set(): Answer {
    if (this.take('\\}')) return { kind: 'set', items: [] };
    const separator = this.#conditionSign();
    if (separator !== null) this.tokens[separator] = { kind: 'sign', text: 'mid', spaceBefore: true };
    const inner = this.list();
    if (!this.take('mid')) {
      this.expect('\\}');
      return { kind: 'set', items: inner.kind === 'list' ? inner.items : [inner] };
    }
    const condition = this.list();
    this.expect('\\}');
    // {x | x > 5}: the condition is the set.
    const member = inner.kind === 'relation' && inner.operators[0] === 'in' ? inner.items[0] : inner;
    if (member?.kind !== 'symbol') return { kind: 'call', name: 'set of', parameters: [inner, condition] };
    return condition.kind === 'list' && condition.conjunction === null
      ? { ...condition, conjunction: 'and' }
      : condition;
  }

  /** Where the bar or colon stands after which a set has its condition. */
  #conditionSign(): number | null {
    let depth = 0;
    let bars: number[] = [];
    for (let index = this.place; index < this.tokens.length; index++) {
      const token = this.tokens[index];
      if (token?.kind !== 'sign') continue;
      if (['(', '[', '{', '\\{'].includes(token.text)) depth++;
      else if ([')', ']', '}', '\\}'].includes(token.text) && --depth < 0) break;
      else if (depth === 0 && (token.text === 'mid' || token.text === ':')) return index;
      else if (depth === 0 && token.text === '|') bars = [...bars, index];
    }
    return bars.length % 2 === 1 ? (bars[0] ?? null) : null;
  }

  #tuple(open: '(' | '['): Answer {
    const inner = this.list();
    const close = this.take(')') ? ')' : this.take(']') ? ']' : null;
    if (close === null) throw new UnreadableAnswer('a bracket is not closed');
    if (inner.kind === 'list') return withRoundInfinity({ kind: 'tuple', items: inner.items, open, close });
    // Only an interval has two kinds of brackets.
    if ((open === '(') !== (close === ')')) throw new UnreadableAnswer('a bracket is closed by another one');
    return inner;
  }

  #command(name: string): Answer {
    switch (name) {
      case 'frac':
        return { kind: 'divide', left: this.argument(true), right: this.argument(true) };
      case 'binom':
        return {
          kind: 'call',
          name,
          parameters: this.isSign('(') ? this.#parameters() : [this.argument(), this.argument()],
        };
      case 'sqrt':
        return this.#root();
      case 'begin matrix':
        return { kind: 'matrix', rows: this.#rows('end matrix') };
      case 'begin determinant':
        return {
          kind: 'call',
          name: 'det',
          parameters: [{ kind: 'matrix', rows: this.#rows('end determinant') }],
        };
      case 'begin layout':
        return this.#layout();
      case 'boxed':
      case 'fbox':
        return this.argument();
      case 'lfloor':
        return this.#rounded('floor', 'rfloor');
      case 'lceil':
        return this.#rounded('ceil', 'rceil');
      case 'mathbb':
        return { kind: 'symbol', name: `mathbb ${symbolName(this.argument())}` };
      case 'sum':
      case 'prod':
      case 'int':
      case 'lim':
        return this.#bound(name);
    }
    if (name.startsWith('named ')) {
      const own = name.slice('named '.length);
      return this.isSign('(') || this.next?.kind === 'symbol'
        ? this.#function(own)
        : { kind: 'symbol', name: own };
    }
    if (prefixFunctions.has(name) || bracketFunctions.has(name)) return this.#function(name);
    throw new UnreadableAnswer(`\\${name} is not known`);
  }

  #rounded(name: 'floor' | 'ceil', close: string): Answer {
    const item = this.withoutBars(() => this.sum());
    if (!this.takeCommand(close)) throw new UnreadableAnswer(`\\${close} is missing`);
    return { kind: 'call', name, parameters: [item] };
  }

  #root(): Answer {
    if (!this.take('[')) return { kind: 'call', name: 'sqrt', parameters: [this.argument()] };
    const index = this.sum();
    this.expect(']');
    return {
      kind: 'power',
      left: this.argument(),
      right: { kind: 'divide', left: wholeNumber(1), right: index },
    };
  }

  /** Σ, Π, ∫ and limits: the bounds and the body, as a function of what they are. */
  #bound(name: string): Answer {
    const parameters: Answer[] = [];
    for (const sign of ['_', '^', '_']) {
      if (this.take(sign)) parameters.push(this.isSign('{') ? this.primary() : this.argument());
    }
    parameters.push(this.product());
    const [lower] = parameters;
    const variable = lower?.kind === 'relation' ? lower.items[0] : undefined;
    const call: Answer = { kind: 'call', name, parameters };
    if (variable?.kind !== 'constant') return call;
    // Σ over i: no imaginary unit.
    return replaced(call, (node) =>
      node.kind === 'constant' && node.name === variable.name ? { kind: 'symbol', name: node.name } : null,
    );
  }

  #function(name: string): Answer {
    const extra: Answer[] = [];
    let power: Answer | null = null;
    for (;;) {
      if (this.take('_')) extra.push(this.exponent());
      else if (this.take('^')) power = this.exponent();
      else break;
    }
    const parameters = this.isSign('(') ? this.#parameters() : [this.functionArgument()];
    const inverse = power?.kind === 'negate' && power.item.kind === 'number' && power.item.value.equals(1);
    if (inverse && /^(sin|cos|tan|cot|sec|csc)$/.test(name))
      return { kind: 'call', name: `arc${name}`, parameters };
    const call: Answer = { kind: 'call', name, parameters: [...parameters, ...extra] };
    return power === null ? call : { kind: 'power', left: call, right: power };
  }

  #rows(end: string): Answer[][] {
    const rows: Answer[][] = [];
    let row: Answer[] = [];
    while (!this.isCommand(end)) {
      if (!this.next) throw new UnreadableAnswer('a matrix does not end');
      if (this.take('\\\\')) {
        if (row.length > 0) rows.push(row);
        row = [];
      } else if (!this.take('&') && !this.take(',')) row.push(this.relation());
    }
    this.place++;
    if (row.length > 0) rows.push(row);
    return rows;
  }

  /** Lines below each other are a list; a line that begins with a sign of equality goes on the one before. */
  #layout(): Answer {
    const rows = this.#rows('end layout');
    const [first] = rows;
    if (first === undefined) throw new UnreadableAnswer('nothing is laid out');
    if (rows.some((row) => row.length > 1)) return { kind: 'matrix', rows };
    const items = rows.flat();
    const [only] = items;
    return items.length === 1 && only ? only : { kind: 'list', items, conjunction: 'and' };
  }
}

const isInfinite = (answer: Answer | undefined): boolean =>
  (answer?.kind === 'constant' && answer.name === 'infinity') ||
  (answer?.kind === 'negate' && isInfinite(answer.item));

/** The bracket beside ∞ means nothing. */
function withRoundInfinity(tuple: Extract<Answer, { kind: 'tuple' }>): Answer {
  const [low, high] = tuple.items;
  if (tuple.items.length !== 2) return tuple;
  return {
    ...tuple,
    open: isInfinite(low) && low?.kind === 'negate' ? '(' : tuple.open,
    close: isInfinite(high) && high?.kind === 'constant' ? ')' : tuple.close,
  };
}
