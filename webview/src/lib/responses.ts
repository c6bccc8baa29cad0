/** The responses of a step as one list, with what their groups say of them. Pure. */
import type { StepRollouts } from '../../../src/runs/facts/index.js';
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

function passes(response: Response, filter: ResponseFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'correct':
      return response.reward > 0;
    case 'wrong':
      return response.reward <= 0;
    case 'cut off':
      return !response.finished;
  }
}

export function responseItems(
  rollouts: StepRollouts,
  groups: readonly GroupRecord[],
  filter: ResponseFilter,
  pattern: RegExp | null,
): ResponseItem[] {
  const rows = new Map(groups.map((group) => [`${group.step}/${group.group}`, responseRows(group)]));
  return rollouts.groups.flatMap((record) => {
    const figures = rows.get(`${record.step}/${record.group}`);
    const all = pattern === null || pattern.test(record.prompt);
    return record.responses.flatMap((response, index) => {
      const { text, reason, answer } = response;
      const found = all || [text, reason, answer].some((value) => pattern.test(value));
      if (!found || !passes(response, filter)) return [];
      const key = `${record.step}/${record.group}/${index}`;
      return [{ key, record, index, response, figures: figures?.[index] ?? null }];
    });
  });
}
