/** A response of a run as the judge's playground begins with it. Pure. */
import { type JudgedPair, longestTried } from '../../../src/contract/index.js';
import type { EvaluatedProblem, RolloutRecord } from '../../../src/runs/protocol/index.js';

/** The end of a long text: what counts of a response stands there. */
const endOf = (text: string, longest: number): string => text.slice(-longest);

export function pairOfProblem(
  { gold, choices = [], thoughts = '' }: Pick<EvaluatedProblem, 'gold' | 'choices' | 'thoughts'>,
  response: string,
): JudgedPair {
  return {
    gold: gold.slice(0, longestTried.gold),
    response: endOf(response, longestTried.response),
    kind: choices.length > 0 ? 'choice' : 'math',
    choices: choices.slice(0, longestTried.choices).map((choice) => choice.slice(0, longestTried.choice)),
    prompt: endOf(thoughts, longestTried.prompt),
  };
}

/** The gold answer is not kept with rollouts: it is typed. */
export function pairOfRollout({ prompt }: Pick<RolloutRecord, 'prompt'>, response: string): JudgedPair {
  return {
    gold: '',
    response: endOf(response, longestTried.response),
    kind: 'math',
    choices: [],
    prompt: endOf(prompt, longestTried.prompt),
  };
}
