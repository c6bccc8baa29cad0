/** The prompts of a run over all its steps: how often each was solved, and whether it ever taught anything. Pure. */
import type { PromptKind } from '../runs/facts/index.js';
import type { GroupFacts } from './group-facts.js';

/** One group that a prompt was given. */
export interface PromptVisit {
  step: number;
  group: number;
  /** Share of its rated responses that were right. */
  passRate: number;
  /** Null where a log does not tell. */
  silent: boolean | null;
  line: number;
}

export interface PromptFacts {
  id: string;
  /** The beginning of its text. */
  prompt: string;
  /** By step. */
  visits: PromptVisit[];
  /** Mean over the visits. */
  passRate: number;
  /** Visits whose group moved nothing; null where a log tells it of none. */
  silent: number | null;
}

/** From so many visits on a prompt that was always silent says something. */
export const leastVisits = 2;

/** @param texts beginnings of prompts by their ids */
export function promptsOf(groups: Iterable<GroupFacts>, texts: ReadonlyMap<string, string>): PromptFacts[] {
  const visits = new Map<string, PromptVisit[]>();
  for (const { promptId, step, group, rated, correct, silent, line } of groups) {
    // A group without a verdict on any response is a gap.
    if (rated === 0) continue;
    const visit = { step, group, passRate: correct / rated, silent, line };
    const known = visits.get(promptId);
    if (known) known.push(visit);
    else visits.set(promptId, [visit]);
  }
  return [...visits].map(([id, all]) => ({
    id,
    prompt: texts.get(id) ?? '',
    visits: all.sort((a, b) => a.step - b.step || a.group - b.group),
    passRate: meanRate(all),
    silent: all.every(({ silent }) => silent === null) ? null : all.filter(({ silent }) => silent).length,
  }));
}

const meanRate = (visits: readonly PromptVisit[]): number =>
  visits.reduce((sum, { passRate }) => sum + passRate, 0) / Math.max(1, visits.length);

/** Mean pass rates of the earlier and the later half of a prompt's visits; null for one with a single visit. */
export function halves({ visits }: PromptFacts): { earlier: number; later: number } | null {
  if (visits.length < 2) return null;
  const middle = Math.floor(visits.length / 2);
  return { earlier: meanRate(visits.slice(0, middle)), later: meanRate(visits.slice(middle)) };
}

/** Prompts of each kind; null where a log tells of none whether it gave a signal. */
export function countsOf(prompts: readonly PromptFacts[]): Record<PromptKind, number | null> {
  const count = (kind: PromptKind) => prompts.filter((prompt) => isOfKind(prompt, kind)).length;
  const isUntold = prompts.length > 0 && prompts.every(({ silent }) => silent === null);
  return {
    all: prompts.length,
    silent: isUntold ? null : count('silent'),
    unsolved: count('unsolved'),
    'solved-lately': count('solved-lately'),
    lost: count('lost'),
  };
}

export function isOfKind(prompt: PromptFacts, kind: PromptKind): boolean {
  const { visits, silent, passRate } = prompt;
  const both = halves(prompt);
  switch (kind) {
    case 'all':
      return true;
    case 'silent':
      return visits.length >= leastVisits && silent === visits.length;
    case 'unsolved':
      return passRate === 0;
    case 'solved-lately':
      return both !== null && both.earlier <= 0.5 && both.later > 0.5;
    case 'lost':
      return both !== null && both.earlier > 0.5 && both.later <= 0.5;
  }
}
