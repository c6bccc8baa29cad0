/** Boxes: `\boxed{…}` and what models write in its place. */
import { accepts, equivalence } from './equivalence.js';
import { withoutTextCommands } from './notation.js';
import type { Span } from './thoughts.js';

export interface Box extends Span {
  /** What stands in it. */
  content: string;
  inside: Span;
}

/** `[\b]oxed` is what a program that takes "\b" for a backspace leaves of `\boxed`. */
const boxPattern =
  /(?:\\{1,4}(?:boxed|fbox|framebox|Boxed|bbox|colorbox\s*\{[^{}]{0,40}\}|fcolorbox\s*\{[^{}]{0,40}\}\s*\{[^{}]{0,40}\})|[\b]oxed|(?<![\w\\])boxed(?=\{))(?![A-Za-z])\s*(?:\[[^\][]{0,40}\]\s*)*(\{)?|\\begin\{boxed\}/g;
const bareContent = /^(?:\\+[a-zA-Z]+(?:\{[^{}]{0,200}\})*|[^\s${}\\.,]+)/;

/** Boxes that join into one answer at most; more are no list that anyone asked for. */
const mostParts = 64;

/** All outermost boxes with something in them, in order. Takes time linear in the length. */
export function boxesIn(text: string): Box[] {
  const starts = [...text.matchAll(boxPattern)];
  if (starts.length === 0) return [];
  const closers = closingBraces(
    text,
    starts.flatMap((match) => (match[1] ? [match.index + match[0].length] : [])),
  );
  const found: Box[] = [];
  let covered = 0;
  for (const match of starts) {
    if (match.index < covered) continue;
    const first = match.index + match[0].length;
    const box = match[0].startsWith('\\begin')
      ? environmentBox(text, match.index, first)
      : match[1]
        ? bracedBox(text, match.index, first, closers.get(first))
        : bareBox(text, match.index, first);
    if (box === null) continue;
    covered = box.end;
    if (!isEmpty(box.content)) found.push(box);
  }
  return found;
}

/** Where the brace before each of these places is closed. */
function closingBraces(text: string, opened: readonly number[]): Map<number, number> {
  const wanted = new Set(opened);
  const open: number[] = [];
  const closers = new Map<number, number>();
  for (let index = opened[0]! - 1; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '{') open.push(index + 1);
    else if (text[index] === '}') {
      const place = open.pop();
      if (place !== undefined && wanted.has(place)) closers.set(place, index);
    }
  }
  return closers;
}

function boxOf(text: string, start: number, from: number, to: number, end: number): Box {
  const inside = trimmed(text, { start: from, end: to });
  return { content: text.slice(inside.start, inside.end), inside, start, end };
}

function bracedBox(text: string, start: number, first: number, closer: number | undefined): Box {
  if (closer !== undefined) return boxOf(text, start, first, closer, closer + 1);
  // A box that a length limit or a slip left open is read to the end of its line or formula.
  const rest = text.slice(first, first + 4000);
  const length = rest.search(/\n|\\[)\]]|(?<!\\)\$/);
  const stop = first + (length === -1 ? rest.length : length);
  return boxOf(text, start, first, stop, stop);
}

function bareBox(text: string, start: number, first: number): Box | null {
  const bare = bareContent.exec(text.slice(first, first + 400))?.[0];
  return bare === undefined ? null : boxOf(text, start, first, first + bare.length, first + bare.length);
}

function environmentBox(text: string, start: number, first: number): Box | null {
  const close = text.indexOf('\\end{boxed}', first);
  return close === -1 ? null : boxOf(text, start, first, close, close + '\\end{boxed}'.length);
}

/** A span without white space at its ends. */
export function trimmed(text: string, { start, end }: Span): Span {
  let [from, to] = [start, end];
  while (from < to && /\s/.test(text[from]!)) from++;
  while (to > from && /\s/.test(text[to - 1]!)) to--;
  return { start: from, end: to };
}

/** Nothing, however it is spaced: an empty box is no empty set. */
const isEmpty = (content: string): boolean =>
  withoutTextCommands(content).replace(
    /\\q?quad|\\[,;:! ]|\\(?:square|phantom\{[^{}]*\})|[\s~{}$?_.…]/g,
    '',
  ) === '';

/** The last box, or the last boxes where no more than a separator stands between them. */
export interface BoxedAnswer extends Span {
  text: string;
  boxes: number;
}

export function lastBoxes(text: string, deepest = 4): BoxedAnswer | null {
  const all = boxesIn(text);
  const last = all.at(-1);
  if (last === undefined) return null;
  const inner = deepest === 0 ? null : lastBoxes(last.content, deepest - 1);
  // \boxed{x = \boxed{5}}
  if (inner !== null) {
    const { start } = last.inside;
    return { ...inner, start: start + inner.start, end: start + inner.end };
  }
  const parts: Box[] = [last];
  let chain = '';
  for (let index = all.length - 2; index >= 0 && parts.length < mostParts; index--) {
    const gap = gapBetween(text.slice(all[index]!.end, parts[0]!.start));
    if (gap === null) break;
    if (gap !== ',') {
      if (parts.length > 1) break;
      chain = gap;
    } else if (chain !== '') break;
    parts.unshift(all[index]!);
  }
  const one = { text: last.content, start: last.inside.start, end: last.inside.end, boxes: 1 };
  if (parts.length === 1) return one;
  const span = { start: parts[0]!.start, end: last.end, boxes: parts.length };
  if (chain !== '') return { ...span, text: parts.map(({ content }) => content).join(` ${chain} `) };
  const contents = [...new Set(parts.map(({ content }) => content))];
  // "3 1/2, or 7/2" is one answer twice.
  const rest = contents.filter((content) => !accepts(equivalence(last.content, content)));
  if (rest.length === 0) return one;
  const names = parts.map((part, index) => nameBefore(text, parts[index - 1]?.end ?? 0, part.start));
  const named = names.every((name) => name !== null) && new Set(names).size === names.length;
  return {
    ...span,
    text: named
      ? parts.map(({ content }, index) => `${names[index]} = ${content}`).join(', ')
      : contents.join(', '),
  };
}

/** Marks of formulas and spaces, which say nothing between two boxes. */
const spacing = /\\+(?:q?quad|[,;:! ()[\]])|\\\\|[\s~$&*{}]/g;
const part = '(?:(?:for|in)?(?:part|case)?\\([a-z0-9]{1,3}\\))?';
const separated = new RegExp(
  `^${part}(?:[,;，、；]|and|or|和|或|及|${part})*${part}(?:[A-Za-z](?:_\\w|_\\{\\w+\\}|\\w)?=)?$`,
);

/** What joins two boxes: "," a list, "≈" or "=" a chain; null when the second corrects the first. */
function gapBetween(gap: string): ',' | '=' | '\\approx' | null {
  if (gap.length > 60 || /\n\s*\n/.test(gap)) return null;
  const bare = withoutTextCommands(gap)
    .replace(/\\+quad(?=[A-Za-z])/g, ' ')
    .replace(spacing, '');
  if (bare === '=') return '=';
  if (/^(?:\\approx|≈|\\simeq|\\sim|≃)$/.test(bare)) return '\\approx';
  if (bare === '') return gap.includes('\n') ? null : ',';
  // A part's label alone begins another answer.
  return separated.test(bare) && /[,;，、；]|and|or|和|或|及/.test(bare) ? ',' : null;
}

/** `x` of `x = \boxed{…}`; null when there is no such name. */
function nameBefore(text: string, from: number, box: number): string | null {
  const before = text.slice(Math.max(from, box - 40), box);
  return /(?<![A-Za-z\\_])([A-Za-z](?:_(?:\w|\{\w+\}))?)\s*=\s*\$?\s*$/.exec(before)?.[1] ?? null;
}
