/**
 * The judge as one script without a host, for engines in other languages: JSON texts in, JSON texts out. They get the
 * verdicts of this one, not of one that resembles it.
 */
import { JUDGE } from './identity.js';
import type { ExtractionKind } from './kinds.js';
import { groupEquivalent, judge } from './verify.js';

interface AskedResponse {
  gold: string;
  response: string;
  kind: ExtractionKind;
  /** What the policy read, which may have begun the thoughts of the response. */
  prompt: string;
  choices: string[] | null;
}

export const identity = JSON.stringify(JUDGE);

/** @param batch a list of `AskedResponse` @returns a list of `Judgement`, in order */
export function judgements(batch: string): string {
  const asked = JSON.parse(batch) as AskedResponse[];
  return JSON.stringify(
    asked.map(({ gold, response, kind, prompt, choices }) =>
      judge(gold, response, kind, { prompt, choices: choices ?? undefined }),
    ),
  );
}

/** @param answers a list of answers or null @returns the class of each, −1 for null */
export function classes(answers: string, kind: ExtractionKind): string {
  return JSON.stringify(groupEquivalent(JSON.parse(answers) as (string | null)[], kind));
}
