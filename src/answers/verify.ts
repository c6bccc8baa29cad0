/** Whether a response gives the right answer, and why. */
import { trimmed } from './boxes.js';
import { withinBudget } from './budget.js';
import { choiceLetterOf } from './choices.js';
import { chosenIn } from './chosen.js';
import { denialOf } from './denials.js';
import { accepts, equivalence, type VerdictReason } from './equivalence.js';
import { type Asked, ownTurn, readAnswer } from './extract.js';
import { readGold } from './gold.js';
import type { ExtractionKind, Reading } from './kinds.js';
import { lastWords } from './prose.js';
import type { Found } from './sentences.js';
import { comparableText } from './text.js';
import { answeredPart } from './thoughts.js';
import { explained } from './why.js';

/** What the judge says about one response. */
export interface Judgement {
  accepted: boolean;
  /** What was read as the answer, where and by which rule; null when the response gives none. */
  read: Reading | null;
  reason: VerdictReason;
  /** In one sentence, for people: what was read where, and why it is or is not the gold answer. */
  why: string;
}

/**
 * Judges a response, or a bare answer, against the gold answer, which may be a whole solution too. Takes bounded time
 * whatever it is given.
 */
export function judge(
  gold: string,
  response: string,
  kind: ExtractionKind = 'math',
  asked: Asked = {},
): Judgement {
  const { golden: _, ...judgement } = judgeInFull(gold, response, kind, asked);
  return judgement;
}

/** {@link judge}, with the answer that was read from the gold text. */
export function judgeInFull(
  gold: string,
  response: string,
  kind: ExtractionKind,
  asked: Asked,
): Judgement & { golden: string } {
  const { read, reason, golden } = withinBudget(() => verdictOf(gold, response, kind, asked));
  return { accepted: accepts(reason), read, reason, why: explained(golden, read, reason), golden };
}

interface Verdict {
  read: Reading | null;
  reason: VerdictReason;
  /** The answer of the gold text. */
  golden: string;
}

function verdictOf(gold: string, response: string, kind: ExtractionKind, asked: Asked): Verdict {
  const golden = readGold(gold, kind);
  const part = answeredPart(response, asked.prompt);
  const own = ownTurn(response.slice(part.start, part.end));
  const inResponse = (read: Reading): Reading => ({
    ...read,
    start: part.start + read.start,
    end: part.start + read.end,
  });
  const letter = kind === 'math' ? letterOf(golden) : null;
  const chosen = letter === null ? null : chosenIn(own, asked.choices, false);
  if (chosen !== null) {
    return { read: inResponse(chosen), reason: chosen.text === letter ? 'choice' : 'different', golden };
  }
  const read = readAnswer(response, kind, asked);
  const reason = read === null ? 'none' : comparison(golden, read.text, kind);
  if (accepts(reason)) return { read, reason, golden };
  // The same words, however they are read.
  if (sameWords(own, gold)) {
    const { start, end } = trimmed(own, { start: 0, end: own.length });
    return { read: inResponse({ text: own.trim(), start, end, rule: 'whole' }), reason: 'exact', golden };
  }
  const unmarked = read === null || read.rule === 'last' || read.rule === 'whole';
  const said = kind !== 'choice' && unmarked ? saidWord(own, golden) : null;
  if (said !== null) return { read: inResponse({ ...said, rule: 'last' }), reason: 'text', golden };
  // "Probably B": no formula is said instead.
  const guessed = letter !== null && !/[\d\\=]/.test(read?.text ?? '') ? chosenIn(own, asked.choices) : null;
  if (guessed?.text === letter && guessed !== null)
    return { read: inResponse(guessed), reason: 'choice', golden };
  return { read, reason, golden };
}

/** Longer texts are no answers in words, characters. */
const longestWords = 1000;

/** The same text; in sentences capital letters mean nothing. */
function sameWords(response: string, gold: string): boolean {
  if (response.length > longestWords + 2 * gold.length) return false;
  if (gold.length > longestWords) return response.trim() === gold.trim();
  const [a, b] = [comparableText(response), comparableText(gold)];
  if (a === '' || a === b) return a !== '';
  return (
    /(?<![a-z])[a-z]{3,20}\s{1,9}[a-z]{3}/i.test(gold) &&
    !/[\\$]/.test(gold) &&
    a.toLowerCase() === b.toLowerCase()
  );
}

/** A gold word such as "even" where the last sentence says so, or "yes" where the response begins with it. */
function saidWord(response: string, gold: string): Found | null {
  const denial = denialOf(gold);
  if (denial !== null) {
    const sentence = lastSentence(response);
    return sentence !== null && denialOf(sentence.text) === denial ? sentence : null;
  }
  const word = comparableText(gold).toLowerCase();
  if (!/^[a-z-]{2,60}$/.test(word)) return null;
  const first = /^\W*(yes|no|true|false)\b/i.exec(response.slice(0, 40));
  if (first?.[1]?.toLowerCase() === word) {
    const end = first[0].length;
    return { text: first[1], start: end - first[1].length, end };
  }
  const last = lastWords(response, Math.max(0, response.length - 1000), response.length);
  return last !== null && comparableText(last.text).toLowerCase() === word ? last : null;
}

/** The last one with letters in it. */
function lastSentence(response: string): Found | null {
  const from = Math.max(0, response.length - 1000);
  const last = [...response.slice(from).matchAll(/[^.!?\n]*[A-Za-z][^.!?\n]*/g)].at(-1);
  if (last === undefined) return null;
  const text = last[0].trim();
  const start = from + last.index + last[0].indexOf(text);
  return { text, start, end: start + text.length };
}

/** The letter of a choice that a gold answer is, alone or with its text: `C`, `(c)`, `\text{C}`, `C. Paris`. */
function letterOf(gold: string): string | null {
  const bare = comparableText(gold);
  return /^(?:[A-J]|[([][A-Ja-j][)\]])$/.test(bare) || /^[A-J][.):]\s+\S/.test(gold)
    ? choiceLetterOf(gold)
    : null;
}

/** Choices are the same letters; everything else is compared by what it means. */
function comparison(gold: string, answer: string, kind: ExtractionKind): VerdictReason {
  if (kind !== 'choice') return equivalence(gold, answer, kind);
  const [a, b] = [lettersOf(gold), lettersOf(answer)];
  if (a === null || b === null) return equivalence(gold, answer, 'text');
  return a === b ? 'choice' : 'different';
}

/** Letters of choices in order: "A, C" and "CA" are one. Null when it is anything else. */
function lettersOf(answer: string): string | null {
  const one = choiceLetterOf(answer);
  if (one !== null) return one;
  const bare = answer.replace(/\band\b|[^A-Za-z]/g, '');
  return /^[A-J]{2,10}$/.test(bare) ? [...new Set(bare)].sort().join('') : null;
}

export interface AnswerVerdict {
  equivalent: boolean;
  /** The answer that was found in the response; null when there is none. */
  extracted: string | null;
  reason: VerdictReason;
  read: Reading | null;
  why: string;
}

/** {@link judge} in the words of the command line and the run folder. */
export function verifyAnswer(
  gold: string,
  prediction: string,
  kind: ExtractionKind = 'math',
  prompt = '',
): AnswerVerdict {
  const { accepted, read, reason, why } = judge(gold, prediction, kind, { prompt });
  return { equivalent: accepted, extracted: read?.text ?? null, reason, read, why };
}

/**
 * Groups answers that are equivalent: the class of each, numbered in the order in which they come; −1 for null.
 * Every answer is compared with the first of each class.
 */
export function groupEquivalent(
  answers: readonly (string | null)[],
  kind: ExtractionKind = 'math',
): number[] {
  const firsts: string[] = [];
  const known = new Map<string, number>();
  return answers.map((answer) => {
    if (answer === null) return -1;
    const text = comparableText(answer);
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    let number = firsts.findIndex((first) => accepts(equivalence(first, answer, kind)));
    if (number === -1) number = firsts.push(answer) - 1;
    known.set(text, number);
    return number;
  });
}
