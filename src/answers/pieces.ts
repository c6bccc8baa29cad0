/** Prose with mathematics in it, in pieces: what is a formula, what is a word, where a sentence ends. */
import { greek, plainFunctions } from './notation.js';
import type { Span } from './thoughts.js';

export interface Piece extends Span {
  kind: /** A part of a formula: a number, a letter, a command, or all between two dollars. */
    | 'math'
    /** An operator or a bracket. */
    | 'sign'
    /** Joins formulas: a comma, a semicolon, "and", "or". */
    | 'link'
    | 'word'
    /** An aside in brackets with words in it. */
    | 'aside'
    /** Marks that say nothing: bold, quotes. */
    | 'mark'
    | 'colon'
    | 'newline'
    /** Ends a sentence. */
    | 'stop';
}

const mathematicalWords = new Set([
  ...plainFunctions,
  ...greek,
  ...'pi infty infinity mod union cup cap sqrt cbrt'.split(' '),
]);

const number = /(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+/y;
const word = /\p{L}[\p{L}\p{M}\p{N}]*(?:['’-]\p{L}+)*/uy;
const ordinal = /(?:st|nd|rd|th)(?![A-Za-z])/y;
const command = /\\+(?:[A-Za-z]+\*?|[^A-Za-z\s])/y;
const textCommand = /\\+(?:text(?:bf|it|rm|sf|tt|normal)?|mbox|hbox|mathrm)\s*\{[^{}]{0,200}\}/y;
/** Words of a formula between dollars would be in \text{…}. */
const proseInFormula = /(?:^|[^\\A-Za-z{])[A-Za-z]{2,}\s+[A-Za-z]{2,}\s/;
const aside = /\((?=\s*(?:or|i\.e|=|≈|\\approx)|[^()\n]{0,200}(?<![\\A-Za-z])[A-Za-z]{3,})[^()\n]{0,200}\)/y;
/** HTML's marks, GSM8K's notes for calculators, arrows. */
const markup =
  /<\/?(?:b|i|u|p|em|strong|code|span|div|br|sub|sup|center)\b[^<>\n]{0,60}>|<<[^<>\n]{0,80}>>|[-=]{1,2}>|>{2,3}/y;
/** 48 (24 + 24): how it was found. */
const working = /(?<=\d )\([\d\s.]+[-+*/×=][\d\s.+*/×=-]{1,80}\)/y;
const stopWords = /(?:e\.g|i\.e|approx|vs|resp|cf|[ap]\.m|no|eq|fig)\.$/i;

const signs = new Set('+-−–*/^=<>≤≥≠≈×·⋅∙÷±∓√∪∩∈∞∅°′%()[]{}|_≡~→π′″²³⁴⁵⁶⁷⁸⁹⁰¹⁻₀₁₂₃₄₅₆₇₈₉½⅓¼¾⅔⟨⟩…€£');

/** Closing marks of formulas that were sought in vain: sought once only. */
type Missing = Set<string>;

/** The pieces of `text` from `from`, before `to`. Takes time linear in their number of characters. */
export function piecesOf(text: string, from: number, to: number): Piece[] {
  const pieces: Piece[] = [];
  const missing: Missing = new Set();
  let index = from;
  while (index < to) {
    const before = pieces.at(-1);
    const piece = pieceAt(text, index, to, before, missing);
    index = piece === null ? index + 1 : piece.end;
    if (piece !== null) pieces.push(piece);
  }
  return pieces;
}

function match(pattern: RegExp, text: string, index: number): string | null {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? null;
}

function pieceAt(
  text: string,
  index: number,
  to: number,
  before: Piece | undefined,
  missing: Missing,
): Piece | null {
  const character = text[index]!;
  const piece = (kind: Piece['kind'], length: number): Piece => ({
    kind,
    start: index,
    end: Math.min(index + length, to),
  });
  if (character === '\n') return piece('newline', 1);
  if (/\s/.test(character)) return null;
  if (character === '$' || character === '\\') {
    const formula = formulaAt(text, index, to, missing);
    if (formula !== null) return piece('math', formula);
  }
  if (character === '\\') {
    const taken = match(textCommand, text, index) ?? match(command, text, index) ?? character;
    return piece(/^\\+[,;:! ]$/.test(taken) ? 'mark' : 'math', taken.length);
  }
  // A price in dollars.
  if (character === '$') return piece('mark', 1);
  const digits = match(number, text, index);
  if (digits !== null) {
    const suffix = match(ordinal, text, index + digits.length);
    return suffix === null ? piece('math', digits.length) : piece('word', digits.length + suffix.length);
  }
  const letters = match(word, text, index);
  if (letters !== null) return wordPiece(text, index, letters, before, piece);
  const said = /[-<=>]/.test(character) ? match(markup, text, index) : null;
  if (said !== null) return piece('mark', said.length);
  const brackets = before === undefined ? null : asideAt(text, index);
  if (brackets !== null) return piece('aside', brackets.length);
  return signPiece(text, index, before, piece);
}

/** Brackets with words or sums in them; f(x) is none. */
function asideAt(text: string, index: number): string | null {
  if (text[index] !== '(' || /[A-Za-z]/.test(text[index - 1] ?? '')) return null;
  return match(aside, text, index) ?? match(working, text, index);
}

type Make = (kind: Piece['kind'], length: number) => Piece;

function wordPiece(
  text: string,
  index: number,
  letters: string,
  before: Piece | undefined,
  piece: Make,
): Piece {
  const glued =
    before !== undefined && before.end === index && (before.kind === 'math' || before.kind === 'sign');
  const next = text[index + letters.length] ?? '';
  if (/^(?:and|or|und|oder|et|ou|y|o|e)$/i.test(letters) && letters.length > 1)
    return piece('link', letters.length);
  if (/^[A-Za-z]\d*$/.test(letters) || /^[α-ωΑ-Ω]$/.test(letters)) {
    return piece(!glued && isArticle(text, index, letters, before) ? 'word' : 'math', letters.length);
  }
  if (mathematicalWords.has(letters)) return piece('math', letters.length);
  if (
    /^(?:minus|negative)$/i.test(letters) &&
    /^\s+[\d.$\\(]/.test(text.slice(index + letters.length, index + letters.length + 4))
  ) {
    return piece('sign', letters.length);
  }
  // 3cm, 2sin, AB = 4, f(x)
  if (glued && /^[A-Za-zµμΩ]/.test(letters) && !/^\p{Lu}\p{Ll}/u.test(letters))
    return piece('math', letters.length);
  const named =
    /^[A-Z]{2,4}$/.test(letters) &&
    /^\s*[=<>:≤≥]\s*[^A-Za-z\s]/.test(text.slice(index + letters.length, index + letters.length + 6));
  if (named || next === '_') return piece('math', letters.length);
  return piece('word', letters.length);
}

/** "a prime", "I think": words; "a = 3", "I.": names. */
function isArticle(text: string, index: number, letters: string, before: Piece | undefined): boolean {
  const article =
    /^[aAI]$/.test(letters) &&
    /^\s+(?!(?:and|or|is|are|because|since|as)\b)[A-Za-z]{2}/.test(text.slice(index + 1, index + 12));
  const afterWords =
    letters === 'a' &&
    before !== undefined &&
    /word|mark/.test(before.kind) &&
    /^(?:$|[.,]|\s+(?![=<>+*/^)]))/.test(text.slice(index + 1, index + 4));
  return article || afterWords;
}

/** Kinds of the signs that mean the same wherever they stand. */
const plainSigns: Readonly<Record<string, Piece['kind']>> = {
  ...Object.fromEntries([...signs].map((sign) => [sign, 'sign' as const])),
  ...Object.fromEntries([...'?。！？।'].map((sign) => [sign, 'stop' as const])),
  ...Object.fromEntries([...',;，、；&'].map((sign) => [sign, 'link' as const])),
};

function signPiece(text: string, index: number, before: Piece | undefined, piece: Make): Piece {
  const next = text[index + 1] ?? '\n';
  const afterFormula = before !== undefined && before.end === index && /math|sign/.test(before.kind);
  switch (text[index]) {
    case '*':
      return starsPiece(text, index, before, piece);
    case '.':
      return stopPiece(text, index, piece);
    case '!': {
      // 5! = 120; "It is 5!"
      const factorial = afterFormula && !/^(?:["'”]|\s+\p{Lu}|\s*$)/u.test(text.slice(index + 1, index + 4));
      return piece(factorial ? 'sign' : 'stop', 1);
    }
    case ':':
    case '：': {
      // 3:5, 10:30, a : b
      const near = before?.kind === 'math' && before.end >= index - 1;
      const ratio = near && (afterFormula ? /^\S/ : /^\s[\w\\$]/).test(text.slice(index + 1, index + 3));
      return piece(ratio ? 'sign' : 'colon', 1);
    }
    case "'":
    case '’':
      return piece(afterFormula && /[\s)(=']/.test(next) ? 'sign' : 'mark', 1);
    case '_':
      return piece(afterFormula && /[^_\W]|[{\\]/.test(next) ? 'sign' : 'mark', 1);
    default:
      return piece(plainSigns[text[index]!] ?? 'mark', 1);
  }
}

/** 2*3 and 2 * 3 are products, 2**3 is a power; else stars make italics and bold. */
function starsPiece(text: string, index: number, before: Piece | undefined, piece: Make): Piece {
  const stars = /^\*+/.exec(text.slice(index, index + 4))![0].length;
  const glued = before?.end === index && /[\w)}\]]/.test(text[index - 1] ?? '');
  const between = glued && /math|sign/.test(before.kind) && /[\w({\\]/.test(text[index + stars] ?? '');
  const spaced =
    stars === 1 && before?.kind === 'math' && /^ \* [\w(\\]/.test(text.slice(index - 1, index + 3));
  return piece(between || spaced ? 'sign' : 'mark', stars);
}

/** A full stop, unless dots or an abbreviation. */
function stopPiece(text: string, index: number, piece: Make): Piece {
  if (text.startsWith('...', index)) return piece('sign', 3);
  if (stopWords.test(text.slice(Math.max(0, index - 8), index + 1))) return piece('mark', 1);
  return piece(/^(?:[\s"'”’)*\]}<$\\_]|$)/.test(text.slice(index + 1, index + 2)) ? 'stop' : 'mark', 1);
}

/** The length of the formula that begins here, delimiters included; null when none does. */
function formulaAt(text: string, index: number, to: number, missing: Missing): number | null {
  const open = /^(?:\$\$|\$|\\+[([]|\\+begin\{[A-Za-z]+\*?\})/.exec(text.slice(index, index + 40))?.[0];
  if (open === undefined) return null;
  if (open.includes('begin')) return lengthTo(text, index, to, open, open.replace('begin', 'end'), missing);
  if (open.startsWith('\\')) {
    const close = open.slice(0, -1) + (open.endsWith('(') ? ')' : ']');
    return lengthTo(text, index, to, open, close, missing);
  }
  if (open === '$$') return lengthTo(text, index, to, open, open, missing);
  const found = closingDollar(text, index + 1, to);
  if (found === null) return null;
  const content = text.slice(index + 1, found);
  // "$5 and $7" are two prices.
  const prices = /^\d/.test(content) && /\s$/.test(content) && /\d/.test(text[found + 1] ?? '');
  return content.trim() === '' || prices || proseInFormula.test(content.replace(/\\[a-z]+\{[^{}]*\}/g, ''))
    ? null
    : found + 1 - index;
}

function lengthTo(
  text: string,
  index: number,
  to: number,
  open: string,
  close: string,
  missing: Missing,
): number | null {
  if (missing.has(close)) return null;
  const end = text.indexOf(close, index + open.length);
  if (end === -1 || end >= to) {
    missing.add(close);
    return null;
  }
  return end + close.length - index;
}

/** The dollar that is not escaped, before a blank line. No formula in a line is longer. */
function closingDollar(text: string, from: number, to: number): number | null {
  for (let index = from; index < Math.min(to, from + 4000); index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === '$') return index;
    else if (text[index] === '\n' && /^\n\s*\n/.test(text.slice(index, index + 8))) return null;
  }
  return null;
}
