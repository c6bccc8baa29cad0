/**
 * The judge as one script without a host, for engines in other languages: JSON texts in, JSON texts out. They get the
 * verdicts of this one, not of one that resembles it.
 */
import { JUDGE } from './identity.js';
import type { ExtractionKind } from './kinds.js';
import { groupEquivalent, verifyAnswer } from './verify.js';

interface AskedAnswer {
  gold: string;
  response: string;
  kind: ExtractionKind;
  /** What the policy read, which may have begun the thoughts of the response. */
  prompt: string;
}

export const identity = JSON.stringify(JUDGE);

/** @param batch a list of `AskedAnswer` @returns a list of `[correct, answer or null, reason]`, in order */
export function verdicts(batch: string): string {
  const asked = JSON.parse(batch) as AskedAnswer[];
  return JSON.stringify(
    asked.map(({ gold, response, kind, prompt }) => {
      const { equivalent, extracted, reason } = verifyAnswer(gold, response, kind, prompt);
      return [equivalent, extracted, reason];
    }),
  );
}

/** @param answers a list of answers or null @returns the class of each, −1 for null */
export function classes(answers: string, kind: ExtractionKind): string {
  return JSON.stringify(groupEquivalent(JSON.parse(answers) as (string | null)[], kind));
}
