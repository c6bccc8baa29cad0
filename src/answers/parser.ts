/** Tokens to a tree, by recursive descent. What is not mathematics throws `UnreadableAnswer`. */
import { isConjunction } from './cursor.js';
import { type Token, tokenize, UnreadableAnswer } from './lexer.js';
import { ExpressionParser } from './parse-expression.js';
import { type Answer, type RelationOperator, wholeNumber } from './tree.js';
import { sameDimensions, unitOf } from './units.js';

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

/** @throws UnreadableAnswer */
export function parseAnswer(text: string): Answer {
  return new Parser(withBars(withoutQualifier(tokenize(text)))).whole();
}

/** \mid outside of sets, in pairs: an absolute value. */
function withBars(tokens: Token[]): Token[] {
  const bars = tokens.filter(({ text }) => text === 'mid').length;
  if (bars === 0 || bars % 2 === 1 || tokens.some(({ text }) => text === '\\{')) return tokens;
  return tokens.map((token) => (token.text === 'mid' ? { ...token, text: '|' } : token));
}

const qualifier = /^(?:,?\s*for\b|where\b)/i;
const ofAll = /^,?\s*for (?:any|all|some|every|each)\b|^where\b/i;

/** "5x + c for any constant c", "kπ where k is an integer": without what explains the names in it. */
function withoutQualifier(tokens: Token[]): Token[] {
  const found = tokens.findIndex(({ kind, text }) => kind === 'text' && qualifier.test(text));
  const depthAt = (end: number) =>
    tokens
      .slice(0, end)
      .reduce(
        (depth, { text }) => depth + (/^\\?[([{]$/.test(text) ? 1 : /^\\?[)\]}]$/.test(text) ? -1 : 0),
        0,
      );
  if (found < 1 || depthAt(found) !== 0) return tokens;
  const text = tokens
    .slice(found)
    .map((token) => token.text)
    .join(' ');
  // "x for x > 0, −x for x < 0" has two parts.
  if (!ofAll.test(text) && /[,;]|\b(?:and|or|if|otherwise|else)\b/.test(text)) return tokens;
  return tokens.slice(0, tokens[found - 1]?.text === ',' ? found - 1 : found);
}

/** What stands between two items of a list: a comma, a semicolon or a word. */
type Separator = ',' | ';' | 'and' | 'or';

class Parser extends ExpressionParser {
  whole(): Answer {
    // "The answer is 3", "about 3"
    const first = this.next;
    if (
      first?.kind === 'text' &&
      this.tokens.length > 1 &&
      /(?:\bis|\bare|[:=]|^about|^approximately|^roughly)$/i.test(first.text)
    )
      this.place++;
    // What is nearly a value is compared as that value.
    this.take('~');
    const answer = this.lowered(this.list());
    this.take('.');
    if (this.next) throw new UnreadableAnswer(`"${this.next.text}" has no place`);
    return answer;
  }

  list(): Answer {
    return this.nested(() => {
      const items = [this.relation()];
      const separators: Separator[] = [];
      for (let separator = this.#separator(); separator !== null; separator = this.#separator()) {
        if (!this.next || this.#isClosing()) break;
        separators.push(separator);
        items.push(this.relation());
      }
      return grouped(items, separators);
    });
  }

  /** Of several in a row a word counts most: ", and". */
  #separator(): Separator | null {
    let found: Separator | null = null;
    for (;;) {
      const token = this.next;
      if (token?.kind === 'sign' && (token.text === ',' || token.text === ';')) found ??= token.text;
      else if (token?.kind === 'sign' && (token.text === 'and' || token.text === 'or')) found = token.text;
      else if (token?.kind === 'text' && isConjunction(token.text)) {
        found = /or/i.test(token.text) ? 'or' : 'and';
      } else return found;
      this.place++;
    }
  }

  #isClosing(): boolean {
    const token = this.next;
    return token?.kind === 'sign' && [')', ']', '}', '\\}', '.'].includes(token.text);
  }

  relation(): Answer {
    const items: Answer[] = [];
    const operators: RelationOperator[] = [];
    for (;;) {
      items.push(this.#sets());
      const token = this.next;
      const operator = token?.kind === 'sign' ? relationOperators[token.text] : undefined;
      if (operator === undefined) break;
      this.place++;
      operators.push(operator);
    }
    const [first] = items;
    return operators.length === 0 && first ? first : { kind: 'relation', items, operators };
  }

  #sets(): Answer {
    let left = this.#quantity();
    for (;;) {
      const kind = this.take('cup')
        ? 'union'
        : this.take('cap')
          ? 'intersection'
          : this.take('setminus')
            ? 'difference'
            : null;
      if (kind === null) return left;
      left = { kind, items: [left, this.#quantity()] };
    }
  }

  /** With the words beside it; "2 hours 30 minutes" is in minutes. */
  #quantity(): Answer {
    const item = this.#ratio();
    const unit = this.words();
    if (unit === null) return item;
    const first: Answer = { kind: 'quantity', item, unit };
    if (this.next?.kind !== 'number') return first;
    const rest = this.#quantity();
    if (rest.kind !== 'quantity') throw new UnreadableAnswer('a number has no place');
    const [greater, less] = [unitOf(unit).unit, unitOf(rest.unit).unit];
    if (greater === null || less === null || !sameDimensions(greater, less)) {
      throw new UnreadableAnswer('two units have no place');
    }
    const size = { ...wholeNumber(1), value: greater.size.div(less.size) };
    const whole: Answer = { kind: 'add', items: [{ kind: 'multiply', items: [item, size] }, rest.item] };
    return { ...rest, item: whole };
  }

  #ratio(): Answer {
    const items = [this.sum()];
    while (this.bars === 0 && this.take(':')) items.push(this.sum());
    const [first] = items;
    return items.length === 1 && first ? first : { kind: 'ratio', items };
  }
}

/** One answer, a list, or a list of lists: "a=2, b=3; a=5, b=1". */
function grouped(items: Answer[], separators: readonly Separator[]): Answer {
  const [first] = items;
  if (items.length === 1 && first) return first;
  const kinds = new Set(separators);
  const isMixed = kinds.size > 1;
  const outer =
    isMixed && kinds.has(';') ? ';' : isMixed && kinds.has('or') && kinds.has('and') ? 'or' : null;
  if (outer === null) {
    const conjunction = kinds.has('or') ? 'or' : kinds.has('and') ? 'and' : null;
    return { kind: 'list', items, conjunction };
  }
  const groups: { items: Answer[]; separators: Separator[] }[] = [];
  items.forEach((item, index) => {
    const separator = separators[index - 1];
    const group = groups.at(-1);
    if (group === undefined || separator === undefined || separator === outer)
      groups.push({ items: [item], separators: [] });
    else {
      group.items.push(item);
      group.separators.push(separator);
    }
  });
  return {
    kind: 'list',
    items: groups.map((group) => grouped(group.items, group.separators)),
    conjunction: outer === 'or' ? 'or' : null,
  };
}
