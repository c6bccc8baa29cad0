/** The answer that a sentence gives: the formula that is said to be it, as a whole. */
import { assertedIn } from './asserted.js';
import { calendarVerdict } from './calendar.js';
import { type Piece, piecesOf } from './pieces.js';
import {
  clauses,
  type Found,
  isFiller,
  joined,
  longestSentence,
  runFrom,
  sentencePieces,
  textOf,
  withoutOpenMarks,
  withTail,
} from './sentences.js';

/** As many pieces at the end of a sentence are looked at. */
const longestPieces = 600;

/** Longest answer in words. */
const longestWords = 120;

/** The same right after "the answer is", and a limit is no answer. */
const limits = /^(?:between|at|less|more|greater|fewer|larger|smaller|above|below|under|over|up|no)$/i;

/**
 * What follows an announcement such as "the answer is": the formula there as a whole with its unit, or the words. Null
 * when the sentence gives no answer, or says what the answer is not.
 */
export function announcedIn(text: string, from: number, to: number): Found | null {
  return listIn(text, from, to) ?? sentenceIn(text, from, to);
}

/** Lines of a list, or equations one below the other. */
const item = /^[ \t]*(?:(?:[-*•]|\d{1,2}[.)]|\([a-z\d]\))[ \t]+(?=\S)|(?=\$?[a-z](?:_\d)?[ \t]*=))/;

/** The formulas of the list that follows, of two lines at least, as one answer. */
function listIn(text: string, from: number, to: number): Found | null {
  const rest = text.slice(from, Math.min(to, from + longestSentence));
  // The announcement ends its line.
  if (!/\n\s*$/.test(text.slice(Math.max(0, from - 8), from)) && !/^[\s:*]*\n/.test(rest)) return null;
  const found: Found[] = [];
  const marks = /^[\s:]*(?:\*\*)?\s*/.exec(rest)![0].length;
  let start = from + marks;
  for (const line of rest.slice(marks).split('\n')) {
    const mark = item.exec(line);
    if (mark === null) break;
    const one = sentenceIn(text, start + mark[0].length, start + line.length);
    if (one === null || !/[\d\\=$]/.test(one.text)) break;
    found.push(one);
    start += line.length + 1;
  }
  const [first, ...others] = found;
  if (first === undefined || others.length === 0) return null;
  return {
    text: found.map((one) => one.text.replace(/[,;.]$/, '')).join(', '),
    start: first.start,
    end: others.at(-1)!.end,
  };
}

function sentenceIn(text: string, from: number, to: number): Found | null {
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
