/** A place among tokens, and what stands there. */
import { type Token, UnreadableAnswer } from './lexer.js';

/** Brackets within brackets. */
const deepestNesting = 60;

export abstract class Cursor {
  protected place = 0;
  /** Open absolute values: the next bar closes one. */
  protected bars = 0;
  #depth = 0;

  /** @param tokens its own from now on: numbers in them are split, and bars told apart */
  constructor(protected readonly tokens: Token[]) {}

  protected get next(): Token | undefined {
    return this.tokens[this.place];
  }

  protected isSign(text: string): boolean {
    const token = this.next;
    return token?.kind === 'sign' && token.text === text;
  }

  protected isCommand(text: string): boolean {
    const token = this.next;
    return token?.kind === 'command' && token.text === text;
  }

  protected take(text: string): boolean {
    if (!this.isSign(text)) return false;
    this.place++;
    return true;
  }

  protected takeCommand(text: string): boolean {
    if (!this.isCommand(text)) return false;
    this.place++;
    return true;
  }

  /** @throws UnreadableAnswer */
  protected expect(text: string): void {
    if (!this.take(text)) throw new UnreadableAnswer(`"${text}" is missing`);
  }

  /** @throws UnreadableAnswer when it is within too many others */
  protected nested<Result>(read: () => Result): Result {
    if (++this.#depth > deepestNesting) throw new UnreadableAnswer('it is nested too deeply');
    const result = read();
    this.#depth--;
    return result;
  }

  /** Reads what stands between bars or brackets, where bars around it do not count. */
  protected withoutBars<Result>(read: () => Result): Result {
    const outer = this.bars;
    this.bars = 0;
    const result = read();
    this.bars = outer;
    return result;
  }

  /** Words that only accompany, units and such, with their powers: "cm^2", "m/s". Null when there are none. */
  protected words(): string | null {
    let found: string | null = null;
    for (let token = this.next; token?.kind === 'text' && !isConjunction(token.text); token = this.next) {
      found = found === null ? token.text : `${found} ${token.text}`;
      this.place++;
      found += this.#power();
      const [sign, after] = this.tokens.slice(this.place, this.place + 2);
      if (sign?.kind === 'sign' && /^[-/*]$/.test(sign.text) && after?.kind === 'text') {
        if (sign.text === '/') found += ' /';
        this.place++;
      }
    }
    return found;
  }

  /** ^2, ^{-1} or nothing. */
  #power(): string {
    if (!this.isSign('^')) return '';
    const text = this.tokens
      .slice(this.place + 1, this.place + 5)
      .map((token) => token.text)
      .join('');
    const power = /^(?:\{(-?\d+)\}|\((-?\d+)\)|(-?\d+))/.exec(text);
    if (power === null) return '';
    const count = power[0].replace(/\d+/, '0').length;
    this.place += 1 + count;
    return `^${power[1] ?? power[2] ?? power[3]}`;
  }
}

export const isConjunction = (text: string): boolean => /^(and|or|and also|or else)$/i.test(text.trim());
