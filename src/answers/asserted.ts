/** What a sentence says something is: "the largest n is 34", "so x = 5". */
import type { Piece } from './pieces.js';
import { type Found, isFiller, isMath, joined, runFrom, textOf, withTail } from './sentences.js';

const copulas = new Set(
  "is are was be becomes equals equal gives give get gets obtain yields it's there's have has need needs as of".split(
    ' ',
  ),
);

/** Words before a number that make it a limit, or say that it is not the answer. */
const bounds =
  /(?:\b(?:not|never|cannot|neither|nor|between|than|below|above|under|over|exceeds?|except|excluding|unless|instead of|rather than|different from|other than|(?:anything|everything|all) but|plus|minus|times|divided by|out of|through)|n['’]t)(?:\s+or\s+equal\s+to|\s+equal\s+to|\s+\w+)?\W*$/i;

const negated = /(?:\b(?:not|never|cannot|no)|n['’]t)\s+(?:equal\s+)?$/i;

/** What stands before it is not the answer. */
const refuted =
  /^[\s*_]*(?:is|are|was|were|would be|cannot be|can['’]t be|isn['’]t)?\s*(?:not\b|wrong|incorrect|false|impossible|too (?:small|large|big))/i;

/** "the largest n is 34", "so x = 5": what follows the last "is", else the last formula. */
export function assertedIn(text: string, pieces: readonly Piece[], first: number): Found | null {
  for (let at = pieces.length - 2; at >= first; at--) {
    const piece = pieces[at]!;
    const verb =
      piece.kind === 'colon' || (piece.kind === 'word' && copulas.has(textOf(text, piece).toLowerCase()));
    if (!verb || negated.test(text.slice(Math.max(0, piece.start - 20), piece.start))) continue;
    let start = at + 1;
    while (start < pieces.length && isFiller(text, pieces, start)) start++;
    const last = start < pieces.length ? runFrom(pieces, start) : null;
    if (last === null) continue;
    const found = withTail(text, pieces, start, last);
    // "We have 3 cats and 4 dogs, 7 animals."
    const final = /^(?:is|are|=|:|：|equals?|be)$/i.test(textOf(text, piece));
    if (final || !pieces.some((other) => other.kind === 'math' && other.start >= found.end)) return found;
  }
  return lastRun(text, pieces, first);
}

/** The last formula of a sentence, without those that a comma joins to it, and not one that is but a limit. */
function lastRun(text: string, pieces: readonly Piece[], first: number): Found | null {
  let end = pieces.length - 1;
  while (end >= first) {
    while (end >= first && pieces[end]!.kind !== 'math' && !isClosing(text, pieces[end]!)) end--;
    if (end < first) return null;
    const start = runBefore(text, pieces, first, end);
    const run = pieces.slice(start, end + 1);
    const before = text.slice(pieces[first]!.start, pieces[start]!.start).slice(-40);
    const after = text.slice(pieces[end]!.end, pieces[end]!.end + 40);
    if (run.some(({ kind }) => kind === 'math') && !bounds.test(before) && !refuted.test(after))
      return joined(text, run);
    end = start - 1;
  }
  return null;
}

/**
 * Whether a link is within one answer: "A and B", "1,-2", "10,\\!080", "3, 5, 7"; but "In 2020, 15 people" has a comma that
 * ends a clause.
 */
function joins(text: string, pieces: readonly Piece[], at: number): boolean {
  const link = pieces[at]!;
  if (link.kind !== 'link' || at === 0 || !isMath(pieces[at - 1]!)) return false;
  if (/^\p{L}/u.test(textOf(text, link)) || /\S/.test(text[link.end] ?? ' ')) return true;
  return pieces[at - 2]?.kind === 'link' || pieces[at + 2]?.kind === 'link';
}

/** Where the run that ends at `end` begins; in brackets, commas and words are parts of it. */
function runBefore(text: string, pieces: readonly Piece[], first: number, end: number): number {
  let start = end;
  let depth = 0;
  for (let at = end; at >= first; at--) {
    const piece = pieces[at]!;
    if (isMath(piece)) start = at;
    else if (piece.kind !== 'mark' && depth <= 0 && !joins(text, pieces, at)) break;
    if (isMath(piece)) depth += bracketDepth(textOf(text, piece));
  }
  return start;
}

const bracketDepth = (sign: string): number =>
  /^\\*[)\]}]$/.test(sign) ? 1 : /^\\*[([{]$/.test(sign) ? -1 : 0;

const isClosing = (text: string, piece: Piece): boolean =>
  isMath(piece) && /^\\*[)\]}%°!²³′|]$/.test(textOf(text, piece));
