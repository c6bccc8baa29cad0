/** A sentence in pieces: the runs of formulas in it, with the words that belong to them. */
import { type Piece, piecesOf } from './pieces.js';
import type { Span } from './thoughts.js';

/** A part of a text, and what is read there: without bold, quotes and words that add nothing. */
export interface Found extends Span {
  text: string;
}

/** No sentence that gives an answer is longer. */
export const longestSentence = 2000;

const filler = new Set(
  'approximately about around roughly nearly exactly precisely simply just only therefore thus then indeed hence so also clearly obviously equal equals to given by that be is are the a an now still both either namely actually certainly definitely likely probably found not_ answer option value number'.split(
    ' ',
  ),
);

/** "5 or more", "5 and a half". */
const amounts =
  /^\s*(?:or\s+(?:more|less|fewer|greater|higher|lower|above|below)|and\s+(?:an?|one|two|three)\s+(?:half|thirds?|quarters?|fifths?))\b/i;

/** Words after a number that make another one of it. */
const modifiers = new Set(
  'more less fewer greater times plus over to out of divided squared cubed through or and'.split(' '),
);

/** Words that begin a reason or a condition, after which the answer is over. */
export const clauses = new Set(
  'because since as when where which who so for if from with while after given due that but not assuming according based using whose such note i we this these it'.split(
    ' ',
  ),
);

export const isMath = ({ kind }: Piece): boolean => kind === 'math' || kind === 'sign';

export const textOf = (text: string, { start, end }: Span): string => text.slice(start, end);

/** Where the sentence that begins at `from` ends: before a full stop, or a new line after something. */
export function sentencePieces(text: string, from: number, to: number): Piece[] {
  const pieces: Piece[] = [];
  let begun = false;
  for (const piece of piecesOf(text, from, Math.min(to, from + longestSentence))) {
    if (piece.kind === 'newline') {
      const last = pieces.at(-1);
      if (begun && !(last !== undefined && continues(text, last))) break;
    } else if (piece.kind === 'stop') {
      if (begun) break;
    } else {
      begun ||= piece.kind !== 'mark' && piece.kind !== 'colon';
      pieces.push(piece);
    }
  }
  return pieces;
}

/** A line that ends so goes on in the next one. */
const continues = (text: string, last: Piece): boolean =>
  last.kind === 'link' || (last.kind === 'sign' && /^[=+<>≤≥≈({[]$/.test(textOf(text, last)));

/** The run of a formula from `index` on: signs, formulas and what joins them. Its last index, or null when there is none. */
export function runFrom(pieces: readonly Piece[], index: number): number | null {
  let last: number | null = null;
  for (let at = index; at < pieces.length; at++) {
    const { kind } = pieces[at]!;
    if (kind === 'math' || kind === 'sign') last = at;
    else if (kind !== 'mark' && !(kind === 'link' && last !== null)) break;
  }
  return last !== null && pieces.slice(index, last + 1).some(({ kind }) => kind === 'math') ? last : null;
}

/** Between dollars or in LaTeX's brackets. */
const delimited = /^(\$\$|\$|\\+[([])([\s\S]*?)(\$\$|\$|\\+[)\]])$/;

/** Pieces as one text, without the marks between them, and without the signs around a single formula. */
export function joined(text: string, pieces: readonly Piece[]): Found {
  const [only, ...others] = pieces.filter(({ kind }) => kind !== 'mark');
  const formula = only !== undefined && others.length === 0 ? delimited.exec(textOf(text, only)) : null;
  if (formula !== null) {
    const [, open, content] = formula as unknown as [string, string, string];
    const start = only!.start + open.length;
    return { text: content.trim(), start, end: start + content.length };
  }
  let result = '';
  let end = pieces[0]!.start;
  for (const piece of withoutStrayBrackets(text, pieces)) {
    result += text.slice(end, piece.start);
    const own = textOf(text, piece);
    if (piece.kind === 'sign' && /^\p{L}/u.test(own)) result += '-';
    else if (piece.kind !== 'mark' || own.startsWith('\\')) result += own;
    end = piece.end;
  }
  return { text: result.trim(), start: pieces[0]!.start, end };
}

/** `{"answer": 36}`: brackets at the end that nothing opened. */
function withoutStrayBrackets(text: string, pieces: readonly Piece[]): readonly Piece[] {
  const signs = (pattern: RegExp) =>
    pieces.filter((piece) => piece.kind === 'sign' && pattern.test(textOf(text, piece))).length;
  let stray = signs(/^[)\]}]$/) - signs(/^[([{]$/);
  let end = pieces.length;
  for (; end > 0 && stray > 0; end--) {
    const last = pieces[end - 1]!;
    if (last.kind === 'mark') continue;
    if (last.kind !== 'sign' || !/^[)\]}]$/.test(textOf(text, last))) break;
    stray--;
  }
  return pieces.slice(0, end);
}

export function isFiller(text: string, pieces: readonly Piece[], index: number): boolean {
  const piece = pieces[index]!;
  const own = textOf(text, piece);
  if (piece.kind === 'sign') return /^[=≈}\])→–]$/.test(own) && !/^\s*[({[]/.test(own);
  if (piece.kind !== 'word')
    return (
      piece.kind === 'mark' || piece.kind === 'colon' || piece.kind === 'newline' || piece.kind === 'link'
    );
  return filler.has(own.toLowerCase());
}

/** The formula with the words after it that may be its unit: "5 square cm". A reason ends it. */
export function withTail(text: string, pieces: readonly Piece[], first: number, last: number): Found {
  const next = pieces.slice(last + 1).find(({ kind }) => kind !== 'mark');
  // "$x$ is 5": what the name is said to be.
  if (next?.kind === 'word' && /^(?:is|are|equals)$/i.test(textOf(text, next))) {
    const after = pieces.indexOf(next) + 1;
    const said = runFrom(pieces, after);
    if (said !== null) return withTail(text, pieces, after, said);
  }
  const index = next === undefined ? pieces.length : pieces.indexOf(next);
  const more = amounts.test(text.slice(pieces[last]!.end, pieces[last]!.end + 40));
  const limited =
    next?.kind === 'word' &&
    modifiers.has(textOf(text, next).toLowerCase()) &&
    pieces.slice(index, index + 5).some(({ kind }) => kind === 'math');
  let end = last;
  for (let at = last + 1; at < pieces.length; at++) {
    if (!more && endsAnswer(text, pieces, at)) break;
    if (!more && !limited && isClause(text, pieces, at, last)) break;
    if (pieces[at]!.kind !== 'mark') end = at;
  }
  return joined(text, withoutOpenMarks(pieces.slice(first, end + 1)));
}

function endsAnswer(text: string, pieces: readonly Piece[], at: number): boolean {
  const piece = pieces[at]!;
  const own = textOf(text, piece);
  switch (piece.kind) {
    case 'aside':
    case 'colon':
    case 'newline':
      return true;
    case 'link':
      // "5, since": over. "3 apples and 5 oranges": not.
      return /^[,;，；]$/.test(own) || !pieces.slice(at + 1, at + 3).some(isMath);
    case 'sign':
      return /^[-–—]$/.test(own);
    default:
      return false;
  }
}

/** Whether a word after a formula is no unit of it. */
function isClause(text: string, pieces: readonly Piece[], at: number, last: number): boolean {
  if (pieces[at]!.kind !== 'word') return false;
  const own = textOf(text, pieces[at]!).toLowerCase();
  // 48입니다
  if (!/^[\p{Script=Latin}$]/u.test(own)) return true;
  if (clauses.has(own) || /^(?:a|an|the)$/.test(own) || (own === 'to' && at > last + 1)) return true;
  // "5 in total", "12 of them", but "5 in".
  return /^(?:in|of|on|at)$/.test(own) && pieces[at + 1]?.kind === 'word';
}

export const withoutOpenMarks = (pieces: Piece[]): Piece[] => {
  let start = 0;
  while (pieces[start]?.kind === 'mark') start++;
  return pieces.slice(start);
};
