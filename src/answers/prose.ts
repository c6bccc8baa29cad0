/** The answer that a sentence gives: the formula that is said to be it, as a whole. */
import { calendarVerdict } from './calendar.js';
import { type Piece, piecesOf } from './pieces.js';
import type { Span } from './thoughts.js';

/** A part of a text, and what is read there: without bold, quotes and words that add nothing. */
export interface Found extends Span {
  text: string;
}

/** No sentence that gives an answer is longer. */
const longestSentence = 2000;
/** As many pieces at the end of a sentence are looked at. */
const longestPieces = 600;
/** Longest answer in words. */
const longestWords = 120;

const filler = new Set(
  'approximately about around roughly nearly exactly precisely simply just only therefore thus then indeed hence so also clearly obviously equal equals to given by that be is are the a an now still both either namely actually certainly definitely likely probably found not_ answer option value number'.split(
    ' ',
  ),
);
const copulas = new Set(
  "is are was be becomes equals equal gives give get gets obtain yields to by it's there's have has need needs as of".split(
    ' ',
  ),
);
/** Words before a number that make it a limit, or say that it is not the answer. */
const bounds =
  /(?:\b(?:not|never|cannot|neither|nor|between|than|below|above|under|over|exceeds?|except|excluding|unless|instead of|rather than|different from|other than|(?:anything|everything|all) but|plus|minus|times|divided by|out of|through)|n['’]t)(?:\s+or\s+equal\s+to|\s+equal\s+to|\s+\w+)?\W*$/i;
/** The same right after "the answer is", and a limit is no answer. */
const limits = /^(?:between|at|less|more|greater|fewer|larger|smaller|above|below|under|over|up|no)$/i;
/** "5 or more", "5 and a half". */
const amounts =
  /^\s*(?:or\s+(?:more|less|fewer|greater|higher|lower|above|below)|and\s+(?:an?|one|two|three)\s+(?:half|thirds?|quarters?|fifths?))\b/i;
const negated = /(?:\b(?:not|never|cannot|no)|n['’]t)\s+(?:equal\s+)?$/i;
/** What stands before it is not the answer. */
const refuted =
  /^[\s*_]*(?:is|are|was|were|would be|cannot be|can['’]t be|isn['’]t)?\s*(?:not\b|wrong|incorrect|false|impossible|too (?:small|large|big))/i;
/** Words after a number that make another one of it. */
const modifiers = new Set(
  'more less fewer greater times plus minus over to out of divided squared cubed through or and'.split(' '),
);
/** Words that begin a reason or a condition, after which the answer is over. */
const clauses = new Set(
  'because since as when where which who so for if from with while after given due that but not assuming according based using whose such note i we this these it'.split(
    ' ',
  ),
);

const isMath = ({ kind }: Piece): boolean => kind === 'math' || kind === 'sign';
const textOf = (text: string, { start, end }: Span): string => text.slice(start, end);

/** Where the sentence that begins at `from` ends: before a full stop, or a new line after something. */
function sentencePieces(text: string, from: number, to: number): Piece[] {
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
function runFrom(pieces: readonly Piece[], index: number): number | null {
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
function joined(text: string, pieces: readonly Piece[]): Found {
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
    if (piece.kind !== 'mark' || /^\\/.test(textOf(text, piece))) result += textOf(text, piece);
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

/**
 * What follows an announcement such as "the answer is": the formula there as a whole with its unit, or the words. Null
 * when the sentence gives no answer, or says what the answer is not.
 */
export function announcedIn(text: string, from: number, to: number): Found | null {
  const pieces = sentencePieces(text, from, to);
  let first = 0;
  while (first < pieces.length && isFiller(text, pieces, first)) first++;
  if (first === pieces.length) return null;
  if (/^(?:not|isn['’]t|neither|nor|wrong|incorrect)$/i.test(textOf(text, pieces[first]!))) return null;
  const last = runFrom(pieces, first);
  if (last !== null) return withTail(text, pieces, first, last);
  const words = wordsFrom(text, pieces, first);
  if (
    limits.test(textOf(text, pieces[first]!)) ||
    (words !== null && calendarVerdict(words.text, words.text) !== null)
  )
    return words;
  return assertedIn(text, pieces, first) ?? words;
}

function isFiller(text: string, pieces: readonly Piece[], index: number): boolean {
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
function withTail(text: string, pieces: readonly Piece[], first: number, last: number): Found {
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

const withoutOpenMarks = (pieces: Piece[]): Piece[] => {
  let start = 0;
  while (pieces[start]?.kind === 'mark') start++;
  return pieces.slice(start);
};

/** "the largest n is 34", "so x = 5": what follows the last "is", else the last formula. */
function assertedIn(text: string, pieces: readonly Piece[], first: number): Found | null {
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

/** "A and B": what stands on both sides is one answer, where a comma may end a clause. */
const joins = (text: string, pieces: readonly Piece[], at: number): boolean =>
  pieces[at]!.kind === 'link' &&
  /^\p{L}/u.test(textOf(text, pieces[at]!)) &&
  at > 0 &&
  isMath(pieces[at - 1]!);

/** Where the run that ends at `end` begins; in brackets, commas and words are parts of it. */
function runBefore(text: string, pieces: readonly Piece[], first: number, end: number): number {
  let start = end;
  let depth = 0;
  for (let at = end; at >= first; at--) {
    const piece = pieces[at]!;
    if (isMath(piece)) start = at;
    else if (piece.kind !== 'mark' && depth <= 0 && !joins(text, pieces, at)) break;
    if (piece.kind === 'sign') depth += bracketDepth(textOf(text, piece));
  }
  return start;
}

const bracketDepth = (sign: string): number => (/^[)\]}]$/.test(sign) ? 1 : /^[([{]$/.test(sign) ? -1 : 0);

const isClosing = (text: string, piece: Piece): boolean =>
  piece.kind === 'sign' && /^[)\]}%°!²³′|]$/.test(textOf(text, piece));

/** An answer in words: short, and without a reason after it. */
function wordsFrom(text: string, pieces: readonly Piece[], first: number): Found | null {
  let end = first;
  for (let at = first; at < pieces.length; at++) {
    const piece = pieces[at]!;
    if (piece.kind === 'aside' || piece.kind === 'newline') break;
    if (at > first && piece.kind === 'word' && clauses.has(textOf(text, piece).toLowerCase())) break;
    if (piece.kind !== 'mark') end = at;
  }
  const found = joined(text, withoutOpenMarks(pieces.slice(first, end + 1)));
  const trimmed = found.text.replace(/[\s,;:]+$/, '');
  return trimmed === '' || trimmed.length > longestWords ? null : { ...found, text: trimmed };
}

/** What the last sentence with a formula or a number in it gives. Null when there is none. */
export function lastSaid(text: string, from: number, to: number): Found | null {
  const all = piecesOf(text, from, to);
  let end = all.length;
  while (end > 0) {
    let start = end;
    while (start > 0 && all[start - 1]!.kind !== 'stop' && all[start - 1]!.kind !== 'newline') start--;
    const sentence = all.slice(Math.max(start, end - longestPieces), end);
    if (sentence.some(({ kind }) => kind === 'math')) {
      const found = saidIn(text, sentence);
      if (found !== null) return found;
    }
    end = start - 1;
  }
  return null;
}

/** What says nothing at the beginning of a sentence: "= 5". */
const isOpening = (text: string, piece: Piece): boolean =>
  /mark|colon|link/.test(piece.kind) || (piece.kind === 'sign' && /^[=≈→]$/.test(textOf(text, piece)));

/** "42 is the answer to everything." */
const called =
  /^[\s*_.]*(?:is|are)\s+(?:the|our|my)\s+(?:final\s+|correct\s+|right\s+|required\s+)?(?:answers?|result|solutions?)\b/i;

function saidIn(text: string, sentence: readonly Piece[]): Found | null {
  let first = 0;
  while (first < sentence.length && isOpening(text, sentence[first]!)) first++;
  const run = runFrom(sentence, first);
  if (run === null) return assertedIn(text, sentence, 0);
  const alone = sentence.slice(run + 1).every(({ kind }) => /mark|aside|link|colon/.test(kind));
  const named = called.test(text.slice(sentence[run]!.end, sentence[run]!.end + 60));
  if (alone || named) return joined(text, withoutOpenMarks(sentence.slice(first, run + 1)));
  return assertedIn(text, sentence, 0);
}

/** The words that the last sentence says something is: "the function is even". Null when it is no such sentence. */
export function lastWords(text: string, from: number, to: number): Found | null {
  const sentences = text.slice(from, to).split(/[.!?]\s|\n/);
  const last = sentences.findLast((sentence) => /[A-Za-z]/.test(sentence));
  if (last === undefined) return null;
  const start = from + text.slice(from, to).lastIndexOf(last);
  const said = /^.{0,500}\b(?:is|are|on|be|was|an?|the|:)\s+([A-Za-z'’ -]{1,60}?)[\s.!*"]*$/.exec(
    last.slice(-600),
  );
  if (said === null) return null;
  const own = said[1]!.trim();
  const place = start + last.lastIndexOf(own);
  return own === '' ? null : { text: own, start: place, end: place + own.length };
}
