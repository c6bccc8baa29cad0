/** What is kept of a group when a whole run is looked at: millions of them may be. Pure. */
import { flatRewards, isFlat, isRated, isRight, isSilent } from '../runs/facts/index.js';
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
  /** All rewards are equal before shaping; null where a log does not tell, as with one response for each prompt. */
  flat: boolean | null;
  /** Names of the rewards that are the same for all responses; undefined where the judge's is the only one. */
  flatIn?: readonly string[] | undefined;
  /** All advantages are 0: the group moves nothing; null where a log does not tell. */
  silent: boolean | null;
  /** What leaves shaping nothing to act on: no response has a reward, or each reward is 0. */
  unshapable: 'no reward' | 'all 0' | null;
  /** Responses as long as the limit allows; null where lengths or the limit are not known. */
  atLimit: number | null;
  /** Mean and greatest S over the pairs; null without pairs. */
  meanSimilarity: number | null;
  maxSimilarity: number | null;
  /** Of `groups.jsonl`, 1 for the first. */
  line: number;
}

/** @param longest tokens of the longest response that the experiment allows; null where that is not known */
export function factsOf(record: GroupRecord, line: number, longest: number | null): GroupFacts {
  const { step, group, prompt_id, m, lengths, similarity, components } = record;
  const pairs = similarity.length;
  const silent = isSilent(record);
  return {
    step,
    group,
    promptId: prompt_id,
    size: m,
    rated: record.rewards.filter((_, index) => isRated(record, index)).length,
    correct: record.rewards.filter((_, index) => isRight(record, index)).length,
    flat: silent === null ? null : isFlat(record),
    ...(components && { flatIn: flatRewards(record) }),
    silent,
    unshapable:
      record.left_out?.length === m
        ? 'no reward'
        : record.rewards.every((reward) => reward === 0)
          ? 'all 0'
          : null,
    atLimit:
      longest === null || lengths.length === 0 ? null : lengths.filter((length) => length >= longest).length,
    meanSimilarity: pairs === 0 ? null : similarity.reduce((sum, value) => sum + value, 0) / pairs,
    maxSimilarity: pairs === 0 ? null : similarity.reduce((most, value) => Math.max(most, value)),
    line,
  };
}
