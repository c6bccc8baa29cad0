/** What is kept of a group when a whole run is looked at: millions of them may be. Pure. */
import { flatRewards, hasVerdict, isFlat, isRight } from '../runs/facts/index.js';
import type { GroupRecord } from '../runs/protocol/index.js';

export interface GroupFacts {
  step: number;
  group: number;
  promptId: string;
  /** Responses. */
  size: number;
  /** Responses of which it is known whether they are right: all but those that no reward has a value for. */
  rated: number;
  /** Responses that are right; without a judge those with a reward above 0. */
  correct: number;
  /** All rewards are equal before shaping. */
  flat: boolean;
  /** Names of the rewards that are the same for all responses; undefined where the judge's is the only one. */
  flatIn?: readonly string[] | undefined;
  /** All advantages are 0: the group moves nothing. False where a log does not tell. */
  silent: boolean;
  /** What leaves shaping nothing to act on: no response has a reward, or each reward is 0. */
  unshapable: 'no reward' | 'all 0' | null;
  /** Responses as long as the limit allows. */
  atLimit: number;
  /** Mean and greatest S over the pairs; null for a group of one. */
  meanSimilarity: number | null;
  maxSimilarity: number | null;
  /** Of `groups.jsonl`, 1 for the first. */
  line: number;
}

/** @param longest tokens of the longest response that the experiment allows */
export function factsOf(record: GroupRecord, line: number, longest: number): GroupFacts {
  const { step, group, prompt_id, m, advantages, lengths, similarity, components } = record;
  const leftOut = new Set(record.left_out);
  // Of a log that has one response for each prompt, or no rewards, nothing follows about the group.
  const isKnown = advantages.length > 0 || m - leftOut.size > 1;
  const pairs = similarity.length;
  const flat = isKnown && isFlat(record);
  return {
    step,
    group,
    promptId: prompt_id,
    size: m,
    rated: record.rewards.filter((_, index) => !leftOut.has(index) || hasVerdict(record, index)).length,
    correct: record.rewards.filter((_, index) => isRight(record, index)).length,
    flat,
    ...(components && { flatIn: flatRewards(record) }),
    // A log without advantages leaves the rewards to go by.
    silent: advantages.length > 0 ? advantages.every((advantage) => advantage === 0) : flat,
    unshapable:
      leftOut.size === m ? 'no reward' : record.rewards.every((reward) => reward === 0) ? 'all 0' : null,
    atLimit: lengths.filter((length) => length >= longest).length,
    meanSimilarity: pairs === 0 ? null : similarity.reduce((sum, value) => sum + value, 0) / pairs,
    maxSimilarity: pairs === 0 ? null : similarity.reduce((most, value) => Math.max(most, value)),
    line,
  };
}
