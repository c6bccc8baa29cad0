/** From a whole response to its answer. */
import { closingBrace } from './braces.js';
import { choiceIn } from './choices.js';
import { accepts, equivalence } from './equivalence.js';
import type { ExtractionKind } from './kinds.js';
import { withoutTextCommands } from './notation.js';
import { withoutThoughts } from './thoughts.js';

/** Boxes at most this far apart, in characters, list parts of one answer. */
const closeTogether = 60;

/** Only the end of a response can hold its answer; more is not searched. */
const searchedCharacters = 20_000;

/**
 * The answer of a response: the last box, or several boxes close together as a list; else what follows the last "the
 * answer is", "Answer:" or "####"; else the last formula or number. Null when there is none of these.
 * @param prompt what the response answers, which may have begun its thoughts
 */
export function extractAnswer(response: string, kind: ExtractionKind = 'math', prompt = ''): string | null {
  const text = withoutThoughts(response, prompt).slice(-searchedCharacters).trim();
  if (text === '') return null;
  if (kind === 'choice') return choiceIn(text, boxedAnswer(text), announcedAnswer(text));
  const boxed = boxedAnswer(text);
  if (boxed !== null) return boxed;
  const announced = announcedAnswer(text);
  if (announced !== null) return kind === 'text' ? announced : (lastFormula(announced) ?? announced);
  if (kind === 'text') return text;
  return isBare(text) ? text : lastFormula(text);
}

interface Box {
  content: string;
  start: number;
  end: number;
}

function boxes(text: string): Box[] {
  const found: Box[] = [];
  for (const match of text.matchAll(/\\(?:boxed|fbox|framebox)\s*(\{)?/g)) {
    const start = match.index;
    if (found.some((box) => start < box.end)) continue;
    const first = start + match[0].length;
    if (match[1] === undefined) {
      const bare = /^[^\s${}\\.,]+/.exec(text.slice(first))?.[0];
      if (bare) found.push({ content: bare, start, end: first + bare.length });
      continue;
    }
    const end = closingBrace(text, first);
    // A box that a length limit or a slip left open is read to the end of its line.
    const stop = end ?? first + text.slice(first).search(/\n|$/);
    found.push({ content: text.slice(first, stop).trim(), start, end: end === null ? stop : stop + 1 });
  }
  return found;
}

/** What stands between parts of one answer: separators, "and", a few words, but no sentence and no formula. */
function isGap(gap: string): boolean {
  const bare = withoutTextCommands(gap).replace(/\\q?quad|\\[,;: ]|[$\\()[\]]/g, ' ');
  return gap.length <= closeTogether && !/[=<>+*/^]|[.!?:]\s|\n\s*\n/.test(bare);
}

function boxedAnswer(text: string): string | null {
  const all = boxes(text).filter(({ content }) => content !== '');
  const last = all.pop();
  if (!last) return null;
  const parts = [last];
  for (let previous = all.pop(); previous; previous = all.pop()) {
    if (!isGap(text.slice(previous.end, parts[0]!.start))) break;
    parts.unshift(previous);
  }
  const contents = parts.map(({ content }) => content);
  // "3 1/2, or 7/2" is one answer twice.
  const rest = contents.filter((content) => !accepts(equivalence(last.content, content)));
  return rest.length === 0 ? last.content : [...new Set(contents)].join(', ');
}

const announcements = [
  /####\s*([^\n]+)/g,
  /(?:final\s+answer|answer|result|solution)(?:\s+is|\s*:|\s+are|\s*=)(?:\s*:)?\s*\**\s*([^\n]+(?:\n(?!\s*\n)[^\n]+){0,6})/gi,
];

/** What follows the last words that announce an answer, to the end of the sentence. */
function announcedAnswer(text: string): string | null {
  let newest: { index: number; content: string } | null = null;
  for (const pattern of announcements) {
    for (const match of text.matchAll(pattern)) {
      if (newest === null || match.index > newest.index) newest = { index: match.index, content: match[1]! };
    }
  }
  if (newest === null) return null;
  // An announcement within the sentence is the nearer one: "Final answer: the answer is 5".
  const nested = announcedAnswer(newest.content);
  const sentence = (nested ?? newest.content).split(/(?<=[^\d.]|\d)\.(?=\s|$)(?!\s*\d)/, 1)[0]!;
  const cleaned = sentence
    .replace(/^[\s:*"'\\]*(?="?\$|\()/, '')
    .replace(/\*+/g, '')
    .trim();
  return cleaned === '' ? null : cleaned;
}

/** Formulas between dollars or in LaTeX's brackets. */
const formulaPattern = /\$\$([\s\S]+?)\$\$|\$((?:\\.|[^$\\])+)\$|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]/g;

/** A number that is not part of a name. */
const numberPattern =
  /(?<![A-Za-z\d_.\\^{])[-−+]?\s?(?:\d{1,3}(?:[, ]\d{3})+(?!\d)(?:\.\d+)?|\d+,\d+(?![\d,])|\d+(?:\.\d+)?(?:\s?\/\s?\d+)?|\.\d+)\s?%?/g;

/** The last formula, or the last number when it comes after all formulas. Null when there is neither. */
function lastFormula(text: string): string | null {
  const formulas = [...text.matchAll(formulaPattern)];
  const last = formulas.at(-1);
  const formulasEnd = last ? last.index + last[0].length : 0;
  const number = [...text.slice(formulasEnd).matchAll(numberPattern)].at(-1);
  const content = last && (last[1] ?? last[2] ?? last[3] ?? last[4] ?? '').trim();
  if (number === undefined) return content ?? null;
  // A number after a formula counts when the formula is but a name ("the largest $n$ is 34"), or in a later sentence.
  const between = text.slice(formulasEnd, formulasEnd + number.index);
  return !content || !/\d/.test(content) || /[.!?]\s/.test(between) ? number[0].trim() : content;
}

/** Short, one line, no sentence: the response is only its answer. */
function isBare(text: string): boolean {
  if (text.length > 200 || text.includes('\n')) return false;
  const bare = text.replace(/\\(?:begin|end|text)\{[^}]*\}|\\[A-Za-z]+/g, ' ');
  const words = bare.match(/[A-Za-z]{3,}/g) ?? [];
  return !/[$]|\\[([]/.test(text) && words.length <= 1 && !/[:]\s/.test(bare);
}
