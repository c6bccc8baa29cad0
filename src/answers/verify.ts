/** Whether a response gives the right answer, and why. */
import { choiceLetterOf } from './choices.js';
import { accepts, equivalence, type VerdictReason } from './equivalence.js';
import { extractAnswer } from './extract.js';
import type { ExtractionKind } from './kinds.js';
import { comparableText } from './text.js';

export interface AnswerVerdict {
  equivalent: boolean;
  /** The answer that was found in the response; null when there is none. */
  extracted: string | null;
  reason: VerdictReason;
}

/**
 * Judges a response, or a bare answer, against the gold answer, which may be a whole solution too. Takes bounded time
 * whatever it is given: lengths, nesting and exponents are limited, and nothing searches.
 * @param prompt what the response answers, which may have begun its thoughts
 */
export function verifyAnswer(
  gold: string,
  prediction: string,
  kind: ExtractionKind = 'math',
  prompt = '',
): AnswerVerdict {
  const extracted = extractAnswer(prediction, kind, prompt);
  if (extracted === null) return { equivalent: false, extracted, reason: 'none' };
  const reason = equivalence(goldAnswer(gold, kind), extracted, kind);
  return { equivalent: accepts(reason), extracted, reason };
}

/** The answer of a published solution, or what was published as the answer. */
function goldAnswer(gold: string, kind: ExtractionKind): string {
  if (kind === 'choice') return choiceLetterOf(gold) ?? gold;
  return /\\(?:boxed|fbox)\b/.test(gold) || /\n####/.test(gold) ? (extractAnswer(gold, kind) ?? gold) : gold;
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
