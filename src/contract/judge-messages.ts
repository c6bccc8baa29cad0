/** The contract between the extension host and the judge's playground. */
import type { ExtractionKind, JudgeIdentity, Judgement } from '../answers/index.js';
import { type AskingPageMessage, parseAskingPageMessage, type Reply } from './channel.js';
import { type Argument, asks, oneOf } from './questions.js';

export const judgedKinds = ['math', 'choice', 'text'] as const satisfies readonly ExtractionKind[];

/** What is judged: a response against the gold answer. */
export interface JudgedPair {
  gold: string;
  response: string;
  kind: ExtractionKind;
  /** Texts of the choices, the first of which is A; none for other kinds. */
  choices: readonly string[];
  /** What the policy read, which may have begun the thoughts of the response. */
  prompt: string;
}

/** The longest texts that are judged, in UTF-16 units: a judge that answers at every key reads no books. */
export const longestTried = { gold: 20_000, response: 400_000, prompt: 400_000, choice: 4000, choices: 26 };

export interface TriedVerdict extends Judgement {
  /** The answer that is read from the gold text, which may be a whole solution. */
  golden: string;
  judge: JudgeIdentity;
}

const textOf = (longest: number): Argument<string> => ({
  needs: `a text of at most ${longest} characters`,
  is: (value): value is string => typeof value === 'string' && value.length <= longest,
});
const choice = textOf(longestTried.choice);
const choices: Argument<readonly string[]> = {
  needs: `at most ${longestTried.choices} texts`,
  is: (value): value is readonly string[] =>
    Array.isArray(value) && value.length <= longestTried.choices && value.every((item) => choice.is(item)),
};

const pairArguments = {
  gold: textOf(longestTried.gold),
  response: textOf(longestTried.response),
  kind: oneOf(judgedKinds),
  choices,
  prompt: textOf(longestTried.prompt),
};

export const JUDGE_QUESTIONS = {
  judge: asks(pairArguments).answeredBy<TriedVerdict>(),
};

export type JudgeQuestions = typeof JUDGE_QUESTIONS;

export type JudgeHostMessage =
  /** A response that someone wants judged, in place of what is there. */
  { type: 'pair'; pair: JudgedPair } | Reply;

export type JudgePageMessage = AskingPageMessage<JudgeQuestions>;

/** The pair that something is, with only its known fields; null when it is none. */
export function parsePair(value: unknown): JudgedPair | null {
  if (typeof value !== 'object' || value === null) return null;
  const { gold, response, kind, choices: texts, prompt } = value as Record<string, unknown>;
  const { gold: isGold, response: isResponse, kind: isKind, prompt: isPrompt } = pairArguments;
  return isGold.is(gold) &&
    isResponse.is(response) &&
    isKind.is(kind) &&
    choices.is(texts) &&
    isPrompt.is(prompt)
    ? { gold, response, kind, choices: texts, prompt }
    : null;
}

/** The message with only its known fields, or why it is invalid, with its number when the page waits for a reply. */
export const parseJudgeMessage = (
  value: unknown,
): { message: JudgePageMessage } | { problem: string; id?: number } =>
  parseAskingPageMessage(JUDGE_QUESTIONS, value);
