/** Long texts as their beginning and end, so that a page of them stays short. Pure. */
import type { Span } from '../../../src/runs/facts/index.js';

export interface Folded {
  head: string;
  /** Characters (UTF-16 units) between head and tail that are not shown; 0 when all of the text is the head. */
  hidden: number;
  tail: string;
}

export interface Limits {
  /** Characters of the beginning, and of the end. */
  head: number;
  tail: number;
  /** Lines of the beginning, and of the end. */
  headLines: number;
  tailLines: number;
}

/** Characters that are unfolded at a time: more would hold up the page. */
export const portion = 100_000;

/** Less than this is not worth hiding. */
const leastHidden = 120;

/** Where the n-th line ends, going forward from the start; the text's end when it has fewer. */
function endOfLines(text: string, lines: number): number {
  let end = -1;
  for (let line = 0; line < lines; line++) {
    end = text.indexOf('\n', end + 1);
    if (end === -1) return text.length;
  }
  return end;
}

/** Where the n-th line from the end starts; 0 when the text has fewer. */
function startOfLines(text: string, lines: number): number {
  let start = text.length;
  for (let line = 0; line < lines; line++) {
    if (start === 0) return 0;
    start = text.lastIndexOf('\n', start - 1);
    if (start === -1) return 0;
  }
  return start + 1;
}

/** How far a cut moves to stand between words, and the end's further to begin with a line. */
const nearWord = 60;
const nearLine = 120;

/** The last blank in front of the cut, when one is near. */
function beforeWord(text: string, cut: number): number {
  for (let place = cut; place > Math.max(0, cut - nearWord); place--) {
    if (/\s/.test(text[place] ?? '')) return place;
  }
  return cut;
}

/** After the next line break, else at the next blank, when one is near. */
function afterWord(text: string, cut: number): number {
  if (text[cut - 1] === '\n') return cut;
  const line = text.indexOf('\n', cut);
  if (line !== -1 && line < cut + nearLine) return line + 1;
  const blank = text.slice(cut, cut + nearWord).search(/\s/);
  return blank === -1 ? cut : cut + blank;
}

const isLowSurrogate = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/** The text's head and tail, cut between words where there are any; characters of two units are not cut through. */
export function folded(text: string, { head, tail, headLines, tailLines }: Limits): Folded {
  let end = Math.min(head, endOfLines(text, headLines));
  let start = tail === 0 ? text.length : Math.max(text.length - tail, startOfLines(text, tailLines));
  if (start - end < leastHidden && start - end < text.length / 2) return { head: text, hidden: 0, tail: '' };
  end = beforeWord(text, end);
  if (start < text.length) start = afterWord(text, start);
  if (isLowSurrogate(text.charCodeAt(end))) end--;
  if (isLowSurrogate(text.charCodeAt(start))) start++;
  return { head: text.slice(0, end), hidden: start - end, tail: text.slice(start) };
}

/** Characters that are shown on each side of what is to be seen, and at most of itself. */
const aroundSpan = 200;
const mostOfSpan = 2000;

/** The parts of a text that are shown: its head, what is to be seen with what stands around it, its tail. */
export function shownParts(text: string, limits: Limits, span: Span | null): Span[] {
  const { head, hidden, tail } = folded(text, limits);
  if (hidden === 0) return [{ start: 0, end: text.length }];
  const [end, start] = [head.length, text.length - tail.length];
  const parts = [{ start: 0, end }];
  if (span && span.end > end && span.start < start) {
    let from = afterWord(text, Math.max(end, span.start - aroundSpan));
    let to = beforeWord(text, Math.min(start, span.end + aroundSpan, span.start + mostOfSpan));
    // Cuts are moved to words only where these are not of what is to be seen.
    from = Math.max(end, Math.min(from, span.start));
    to = Math.min(start, Math.max(to, Math.min(span.end, span.start + mostOfSpan)));
    if (isLowSurrogate(text.charCodeAt(from))) from--;
    if (isLowSurrogate(text.charCodeAt(to))) to++;
    parts.push({ start: from - end < leastHidden ? end : from, end: start - to < leastHidden ? start : to });
  }
  if (start < text.length) parts.push({ start, end: text.length });
  return joined(parts);
}

/** Without cuts where one part ends and the next begins. */
function joined(parts: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last && part.start <= last.end) result[result.length - 1] = { start: last.start, end: part.end };
    else result.push(part);
  }
  return result;
}
