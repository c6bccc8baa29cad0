/** What a judge has read, marked in the text that is shown: which parts stand before it, in it and after it. Pure. */
import type { Span } from '../../../src/runs/facts/index.js';
import { formulaParts, type TextPart } from './formulas.js';

export interface MarkedPart {
  /** `source`: a formula that is shown as it is written, because the mark begins or ends in it. */
  kind: TextPart['kind'] | 'source';
  content: string;
  display: boolean;
  /** The mark, where it is within this formula. */
  inside: Span | null;
}

export interface Split<Part> {
  before: Part[];
  marked: Part[];
  after: Part[];
}

const unmarked = (part: TextPart): MarkedPart => ({ ...part, inside: null });

/** How many signs open a formula that begins here. */
const openingLength = (text: string, at: number, display: boolean): number =>
  display || text[at] === '\\' ? 2 : 1;

/** @param text as it is shown @param span of this text, or null */
export function markedParts(text: string, span: Span | null): Split<MarkedPart> {
  const split: Split<MarkedPart> = { before: [], marked: [], after: [] };
  const parts = formulaParts(text);
  if (!span) return { ...split, before: parts.map(unmarked) };
  let at = 0;
  for (const part of parts) {
    const fence = part.kind === 'text' ? 0 : openingLength(text, at, part.display);
    const end = at + part.content.length + 2 * fence;
    const inner = { start: at + fence, end: end - fence };
    if (end <= span.start) split.before.push(unmarked(part));
    else if (at >= span.end) split.after.push(unmarked(part));
    else if (span.start <= at && end <= span.end) split.marked.push(unmarked(part));
    else if (part.kind === 'formula' && inner.start <= span.start && span.end <= inner.end) {
      const inside = { start: span.start - inner.start, end: span.end - inner.start };
      split.before.push({ ...part, inside });
    } else cut(split, text, { start: at, end }, span, part.kind === 'text' ? 'text' : 'source');
    at = end;
  }
  return split;
}

/** A part that the mark begins or ends in: the pieces of its text. */
function cut(split: Split<MarkedPart>, text: string, part: Span, span: Span, kind: 'text' | 'source'): void {
  const [from, to] = [Math.max(part.start, span.start), Math.min(part.end, span.end)];
  const add = (list: MarkedPart[], start: number, end: number) => {
    if (start < end) list.push({ kind, content: text.slice(start, end), display: false, inside: null });
  };
  add(split.before, part.start, from);
  add(split.marked, from, to);
  add(split.after, to, part.end);
}

/** Texts that follow one another, cut where the mark begins and ends. */
export function splitTexts<Part extends { text: string }>(
  parts: readonly Part[],
  span: Span | null,
): Split<Part> {
  const split: Split<Part> = { before: [], marked: [], after: [] };
  if (!span) return { ...split, before: [...parts] };
  let at = 0;
  for (const part of parts) {
    const piece = (list: Part[], from: number, to: number) => {
      const text = part.text.slice(Math.max(0, from - at), Math.max(0, to - at));
      if (text !== '') list.push({ ...part, text });
    };
    const end = at + part.text.length;
    piece(split.before, at, span.start);
    piece(split.marked, span.start, span.end);
    piece(split.after, span.end, end);
    at = end;
  }
  return split;
}

/** A colour that marks what was read until the formula is set: then its class takes the place of it. */
const sign = '#0fa5e1';

/** The formula with its part coloured by {@link sign}; null where the part is none by itself, such as half a bracket. */
export function signedFormula(formula: string, { start, end }: Span): string | null {
  const part = formula.slice(start, end);
  if (formula.includes(sign) || !isBalanced(part) || /\\$/.test(formula.slice(0, start))) return null;
  return `${formula.slice(0, start)}\\textcolor{${sign}}{${part}}${formula.slice(end)}`;
}

/** Braces and environments that begin in it end in it, and no cell of a table does. */
function isBalanced(part: string): boolean {
  let depth = 0;
  for (const [found] of part.matchAll(/\\[a-zA-Z]+|\\[\s\S]|[{}&]/g)) {
    if (found === '{' || found === '\\begin' || found === '\\left') depth++;
    else if (found === '}' || found === '\\end' || found === '\\right') depth--;
    else if (depth === 0 && (found === '&' || found === '\\\\')) return false;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** The set formula, its signed part as an element of the class `read`. */
export const withReadClass = (mathml: string): string =>
  mathml
    .replaceAll(`<mstyle mathcolor="${sign}">`, '<mstyle class="read">')
    .replaceAll(` mathcolor="${sign}"`, '');

/** A part of a text in the text without the blanks at its ends. */
export function trimmedSpan(text: string, { start, end }: Span): Span {
  const shift = text.length - text.trimStart().length;
  const length = text.trim().length;
  return { start: Math.max(0, start - shift), end: Math.min(length, end - shift) };
}
