/** Characters to tokens: LaTeX and plain notation in one, as answers mix them. */
import { closingBrace } from './braces.js';
import {
  accents,
  commandSigns,
  dots,
  figures,
  greek,
  ignoredCommands,
  plainFunctions,
  sameCommands,
  signs,
  superscripts,
  textCommands,
} from './notation.js';
import { isUnit } from './units.js';

export type Token =
  | { kind: 'number'; text: string; spaceBefore: boolean }
  /** One letter, or a name that LaTeX spells out. */
  | { kind: 'symbol'; text: string; spaceBefore: boolean }
  /** A LaTeX command without its backslash, or a function's plain name. */
  | { kind: 'command'; text: string; spaceBefore: boolean }
  /** Words: of \text{…} or plain ones. */
  | { kind: 'text'; text: string; spaceBefore: boolean }
  | { kind: 'sign'; text: string; spaceBefore: boolean };

/** It cannot be read as mathematics. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** 0.1\overline{6}, 0.(6) with the digits that repeat. */
const repeatingPattern = /(\d*\.\d*)\\(?:overline|bar|dot)\s*\{?(\d+)\}?/y;

/** Between groups of three digits: a comma, thin spaces, and what LaTeX puts around them: 3,\! 456. */
const thousands =
  '(?:,\\s*\\\\!\\s*|\\{,\\}(?:\\\\!)?|\\{\\s*,\\s*\\}|\\\\[!,;:]\\s*|,|\\\\ | |\u00a0|\u2009|\u202f)';
const numberPattern = new RegExp(
  `(?:\\d{1,3}(?:${thousands}\\d{3})+(?![\\d])|\\d+)(?:\\.\\d+|\\.(?=\\s*[/*)]))?|\\.\\d+`,
  'y',
);
/** A space may be glued to the letter after it: \quadx. */
const commandPattern = /\\(q?quad(?=[A-Za-z])|[A-Za-z]+)\*?/y;

/** Longest answer that is read as mathematics, characters. */
const longestAnswer = 4000;

/** 4th, 4^{th}, 4^{\text{th}}: without the letters. */
const ordinals =
  /(?<=\d)\s?(?:\^\s?\{?\s?(?:\\(?:text|textrm|mathrm)\s?\{)?\s?(?:st|nd|rd|th)\s?\}{0,2}|(?:st|nd|rd|th)(?![A-Za-z]))/g;

/** @throws UnreadableAnswer when the text is too long */
export function tokenize(text: string): Token[] {
  if (text.length > longestAnswer) throw new UnreadableAnswer('it is too long');
  // A brace before lines below each other, which \right. closes by nothing.
  const plain = text
    .replace(/\\left\s*\\?\{\s*(?=\\begin)/g, '')
    .replace(/\\right\s*\./g, '')
    .replace(/\\(?:left|right)\s*(?=[|.])\.?/g, '');
  return new Lexer(plain.replace(ordinals, '')).tokens();
}

class Lexer {
  readonly #tokens: Token[] = [];
  #index = 0;
  #spaceBefore = false;
  /** Open brackets: whether a comma in them separates, as it does not in a command's braces. */
  readonly #open: boolean[] = [];

  /** As programs write formulas: exp(I*pi), 2*E. */
  readonly #isProgram: boolean;

  constructor(private readonly text: string) {
    this.#isProgram = !text.includes('\\') && /\*|\b(?:sqrt|exp|log|pi)\b/.test(text);
  }

  tokens(): Token[] {
    while (this.#index < this.text.length) {
      if (/\s|~|\u00a0/.test(this.text[this.#index]!)) {
        this.#spaceBefore = true;
        this.#index++;
      } else if (!this.#number() && !this.#command() && !this.#word()) this.#sign();
    }
    // The signs of equality of lines below each other are lined up: x &= 1.
    return this.#tokens.filter(
      (token, index, all) =>
        token.text !== '&' || !(isRelationSign(all[index - 1]) || isRelationSign(all[index + 1])),
    );
  }

  #push(kind: Token['kind'], text: string): void {
    this.#tokens.push({ kind, text, spaceBefore: this.#spaceBefore });
    this.#spaceBefore = false;
  }

  /** What the sticky pattern finds here. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#index;
    return pattern.exec(this.text);
  }

  #number(): boolean {
    const repeating = this.#match(repeatingPattern);
    if (repeating) {
      this.#push('number', `${repeating[1]}(${repeating[2]})`);
      this.#index += repeating[0].length;
      return true;
    }
    const number = this.#match(numberPattern)?.[0];
    if (number === undefined) return false;
    const taken = this.#open.at(-1) || this.#isInList(number) ? withoutSeparators(number) : number;
    this.#index += taken.length;
    // 3.5e-4
    const exponent = this.#match(/[eE][-+]?\d{1,3}(?![\d.])/y)?.[0] ?? '';
    this.#index += exponent.length;
    this.#push('number', taken.replace(/[^\d.]/g, '') + exponent);
    return true;
  }

  /** 36,36,108 are three numbers: commas before or after say so. */
  #isInList(number: string): boolean {
    const [before, comma] = this.#tokens.slice(-2);
    const follows = before?.kind === 'number' && comma?.text === ',' && !this.#spaceBefore;
    return follows || /^,\d/.test(this.text.slice(this.#index + number.length));
  }

  #sign(): void {
    const character = this.text[this.#index]!;
    const two = this.text.slice(this.#index, this.#index + 2);
    if (this.text.startsWith('...', this.#index)) {
      this.#index += 3;
      this.#push('symbol', 'dots');
      return;
    }
    const long = { '<=': '<=', '>=': '>=', '!=': '!=', '**': '^', '==': '=' }[two];
    this.#index += long === undefined ? 1 : 2;
    if (long !== undefined) this.#push('sign', long);
    else if ('$€£'.includes(character)) this.#spaceBefore = true;
    else if (superscripts.includes(character)) {
      this.#push('sign', '^');
      this.#push('number', String(superscripts.indexOf(character)));
    } else {
      const before = this.#tokens.at(-1);
      if ('(['.includes(character)) this.#open.push(true);
      if (character === '{') {
        const ofCommand =
          before?.kind === 'command' || (before !== undefined && '^_}sqrt'.includes(before.text));
        this.#open.push(!ofCommand);
      }
      if (')]}'.includes(character)) this.#open.pop();
      this.#push('sign', signs[character] ?? character);
    }
  }

  #command(): boolean {
    if (this.text[this.#index] !== '\\') return false;
    const name = this.#match(commandPattern)?.[1];
    if (name === undefined) {
      this.#escaped(this.text[this.#index + 1] ?? '');
      return true;
    }
    this.#index += this.#match(commandPattern)![0].length;
    const sign = commandSigns[name];
    if (/^q?quad$/.test(name)) this.#besides();
    if (ignoredCommands.has(name)) return true;
    if (sign !== undefined) this.#push('sign', sign);
    else if (name === 'operatorname') this.#operator(this.#group());
    else if (textCommands.has(name)) this.#words(this.#group(), name === 'mathrm');
    else if (figures.has(name)) this.#figure(name);
    else if (accents.has(name)) this.#push('symbol', `${name} ${this.#group().replace(/\s+/g, '')}`);
    else if (name === 'begin' || name === 'end') this.#environment(name);
    else if (greek.has(name)) this.#push('symbol', name);
    else if (dots.has(name)) this.#push('symbol', 'dots');
    else this.#push('command', sameCommands[name] ?? name);
    return true;
  }

  /** Equations side by side are a list: y = 1 \quad z = 2. */
  #besides(): void {
    const last = this.#tokens.at(-1);
    if (last === undefined || /^(?:,|;|and|or)$/.test(last.text)) return;
    if (this.#match(/\s*[a-z](?:_\{?\w+\}?)?\s*(?:=|\\equiv|\\in\b)/y)) this.#push('sign', ',');
  }

  /** A backslash before a sign: braces, percent, a new row, bars; what is left is spacing and currency. */
  #escaped(next: string): void {
    if (next === '{') this.#open.push(true);
    if (next === '}') this.#open.pop();
    if (next === '{' || next === '}' || next === '\\') this.#push('sign', `\\${next}`);
    else if (next === '%' || next === '|') this.#push('sign', next);
    else this.#spaceBefore = true;
    this.#index += 2;
  }

  /** Contents of the brace group that begins here; empty when none does. A missing brace ends with the text. */
  #group(): string {
    const start = this.#match(/\s*\{/y);
    if (!start) return '';
    const first = this.#index + start[0].length;
    const end = closingBrace(this.text, first) ?? this.text.length;
    this.#index = Math.min(end + 1, this.text.length);
    return this.text.slice(first, end);
  }

  #environment(name: 'begin' | 'end'): void {
    const environment = this.#group();
    const kind = /^[vV]matrix/.test(environment)
      ? 'determinant'
      : /matrix|array/.test(environment)
        ? 'matrix'
        : /cases|align|gather|split|eqnarray/.test(environment)
          ? 'layout'
          : null;
    if (kind === null) return;
    this.#push('command', `${name} ${kind}`);
    // The columns of an array.
    if (name === 'begin' && environment.includes('array')) this.#group();
  }

  /** @param isUpright of \mathrm: two letters or three are a product, unless they are a unit */
  #words(content: string, isUpright = false): void {
    const words = content.replace(/\\[,;:! ]|~/g, ' ').trim();
    if (words === '') return;
    if (this.#followsUnit() && isUnit(words)) this.#push('text', words);
    else if (plainFunctions.has(words)) this.#push('command', sameCommands[words] ?? words);
    // \mathrm{e} and \text{C} are letters like any other, "5\text{ m}" has a unit; numbers in text are numbers.
    else if (/^[A-Za-z]$/.test(words)) {
      this.#push(/^[\s\\~]/.test(content) && isUnit(words) ? 'text' : 'symbol', words);
    } else if (/^\d+(\.\d+)?$/.test(words)) this.#push('number', words);
    else if (/^[A-Z]{2,4}$/.test(words) || (isUpright && /^[A-Za-z]{2,3}$/.test(words) && !isUnit(words))) {
      for (const letter of words) this.#push('symbol', letter);
    } else this.#push('text', words);
  }

  /** Whether a unit and a sign between units stand before: m/s, N·m, and N-m as some write it. */
  #followsUnit(): boolean {
    const [unit, sign] = this.#tokens.slice(-2);
    return unit?.kind === 'text' && sign?.kind === 'sign' && /^[-/*]$/.test(sign.text);
  }

  /** \operatorname{rank}: a function, known or not. */
  #operator(content: string): void {
    const name = content.replace(/\\[,;:! ]|\s/g, '');
    if (/^[A-Za-z]{2,}$/.test(name) && !plainFunctions.has(name)) this.#push('command', `named ${name}`);
    else this.#words(content);
  }

  /** ∠ABC is one name, as is △ABC. */
  #figure(name: string): void {
    const points = this.#match(/\s*\{?\s*([A-Z](?:'|_\d)?(?:\s*[A-Z](?:'|_\d)?){0,4})(?![a-z])\s*\}?/y);
    if (points) this.#index += points[0].length;
    this.#push('symbol', points?.[1] === undefined ? name : `${name} ${points[1].replace(/\s/g, '')}`);
  }

  /** A run of letters: a function, a word, or letters one by one. */
  #word(): boolean {
    const word = this.#match(/[A-Za-z]+/y)?.[0];
    if (word === undefined) return false;
    const { kind, text, length } = this.#wordToken(word);
    this.#push(kind, text);
    this.#index += length;
    return true;
  }

  #wordToken(word: string): { kind: Token['kind']; text: string; length: number } {
    const lower = word.toLowerCase();
    if (this.#followsUnit() && isUnit(word)) return { kind: 'text', text: word, length: word.length };
    const { length } = word;
    if (lower === 'and' || lower === 'or') return { kind: 'text', text: lower, length };
    // "x=1orx=2"
    const glued = /^(or|and)(?=[A-Za-z]$)/.exec(word)?.[1];
    if (glued !== undefined && this.#tokens.at(-1)?.kind === 'number') {
      return { kind: 'text', text: glued, length: glued.length };
    }
    const constant = plainConstants[lower];
    if (constant !== undefined) return { kind: 'sign', text: constant, length };
    const isCalled = length > 2 || /^\s*[({\d]/.test(this.text.slice(this.#index + length));
    if (plainFunctions.has(lower) && isCalled)
      return { kind: 'command', text: sameCommands[lower] ?? lower, length };
    if (isPlainWord(word, this.#tokens.at(-1))) return { kind: 'text', text: word, length };
    if (this.#isProgram && (word === 'I' || word === 'E')) return { kind: 'symbol', text: lower, length };
    return { kind: 'symbol', text: word[0]!, length: 1 };
  }
}

const plainConstants: Readonly<Record<string, string>> = {
  pi: 'pi',
  inf: 'infinity',
  infinity: 'infinity',
  oo: 'infinity',
};

const isRelationSign = (token: Token | undefined): boolean =>
  token?.kind === 'sign' && /^(?:=|!=|<=?|>=?|~|in)$/.test(token.text);

/** Units of two letters that no product or figure is named as, and those that are units right after a number. */
const plainUnits = /^(?:cm|mm|km|in|ft|yd|mi|kg|mg|lb|oz|mL|ml|hr|Hz)$/;
const unitsAfterNumbers =
  /^(?:nm|ms|ns|kJ|kW|kN|kV|eV|Pa|kPa|MJ|MW|MeV|GHz|dL|cL|mA|mV|mW|mJ|kHz|MHz|ha|qt|pt)$/;

/** A unit, or three letters and more that are not the name of a figure such as ABC. */
function isPlainWord(word: string, before: Token | undefined): boolean {
  if (word.length >= 3) return !/^[A-Z]{3,5}$/.test(word);
  return plainUnits.test(word) || (before?.kind === 'number' && unitsAfterNumbers.test(word));
}

/** In brackets a comma separates, unless it is written as no separator would be: "(1,234)" has two entries. */
function withoutSeparators(number: string): string {
  const comma = /(?<![{\\])\s*,(?!\s*\\!|\s*\})/.exec(number);
  return comma === null ? number : number.slice(0, comma.index);
}
