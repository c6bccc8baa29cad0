/** The responses of a step as one list, with what their groups say of them. Pure. */
import { judgeReward, type StepRollouts } from '../../../src/runs/facts/index.js';
import type { GroupRecord, RolloutRecord } from '../../../src/runs/protocol/index.js';
import { type ResponseRow, responseRows } from './group.js';

export type Response = RolloutRecord['responses'][number];

export interface ResponseItem {
  /** Of this response of this step only. */
  key: string;
  record: RolloutRecord;
  /** 0-based place in its group. */
  index: number;
  response: Response;
  /** Null where the group has no line in `groups.jsonl`. */
  figures: ResponseRow | null;
}

export const responseFilters = ['all', 'correct', 'wrong', 'cut off'] as const;
export type ResponseFilter = (typeof responseFilters)[number];

/** What the judge gives it, or, where it gives nothing, whether its reward is above 0; null without any reward. */
export function isRightResponse(
  { rewards, reward }: Response,
  figures: Pick<ResponseRow, 'rated'> | null,
): boolean | null {
  return figures?.rated === false ? null : (rewards?.[judgeReward] ?? reward) > 0;
}

/** Whether a judge says so. */
export const isJudgedResponse = ({ rewards }: Response): boolean =>
  rewards === undefined || Object.hasOwn(rewards, judgeReward);

function passes(response: Response, figures: ResponseRow | null, filter: ResponseFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'correct':
      return isRightResponse(response, figures) === true;
    case 'wrong':
      return isRightResponse(response, figures) === false;
    case 'cut off':
      return response.finished === false;
  }
}

/** Values of a reward, those without one left out; null for all. */
export interface RewardRange {
  /** Null for the sum. */
  name: string | null;
  min: number;
  max: number;
}

function isWithin(response: Response, figures: ResponseRow | null, range: RewardRange | null): boolean {
  if (range === null) return true;
  const sum = figures?.leftOut ? null : response.reward;
  const value = range.name === null ? sum : (response.rewards?.[range.name] ?? null);
  return value !== null && value >= range.min && value <= range.max;
}

export function responseItems(
  rollouts: StepRollouts,
  groups: readonly GroupRecord[],
  filter: ResponseFilter,
  pattern: RegExp | null,
  range: RewardRange | null = null,
): ResponseItem[] {
  const rows = new Map(groups.map((group) => [`${group.step}/${group.group}`, responseRows(group)]));
  return rollouts.groups.flatMap((record) => {
    const ofGroup = rows.get(`${record.step}/${record.group}`);
    const all = pattern === null || pattern.test(record.prompt);
    return record.responses.flatMap((response, index) => {
      const { text, reason, answer, notes = {} } = response;
      const found =
        all || [text, reason, answer, ...Object.values(notes)].some((value) => pattern.test(value));
      const figures = ofGroup?.[index] ?? null;
      if (!found || !passes(response, figures, filter) || !isWithin(response, figures, range)) return [];
      const key = `${record.step}/${record.group}/${index}`;
      return [{ key, record, index, response, figures }];
    });
  });
}
