/** One group as it is shown: its responses as rows, in the chosen order. Pure. */
import { isRated, isRight, ownRewards } from '../../../src/runs/facts/index.js';
import type { GroupRecord } from '../../../src/runs/protocol/index.js';

export const orders = ['sampled', 'correct first', 'most novel first', 'by answer'] as const;
export type Order = (typeof orders)[number];

export interface ResponseRow {
  /** 0-based place in the group, as sampled. */
  index: number;
  answer: string;
  /** Not of one that is not rated. */
  correct: boolean;
  /** Whether it is known if it is right. */
  rated: boolean;
  /** Before shaping: the judge's, or the weighted sum of all rewards. */
  reward: number;
  /** Each reward besides the judge, unweighted, by name. */
  rewards: ReadonlyMap<string, number | null>;
  /** It has no reward, and is no part of the group. */
  leftOut: boolean;
  exploration: number;
  scaler: number;
  shaped: number;
  advantage: number;
  length: number;
}

const at = (values: readonly number[], index: number) => values[index] ?? Number.NaN;

export function responseRows(group: GroupRecord): ResponseRow[] {
  const names = ownRewards(group);
  return Array.from({ length: group.m }, (_, index) => ({
    index,
    answer: group.answers[index] ?? '',
    correct: isRight(group, index),
    rated: isRated(group, index),
    reward: at(group.rewards, index),
    rewards: new Map(names.map((name) => [name, group.components?.[name]?.[index] ?? null])),
    leftOut: group.left_out?.includes(index) ?? false,
    exploration: at(group.exploration, index),
    scaler: at(group.scalers, index),
    shaped: at(group.shaped, index),
    advantage: at(group.advantages, index),
    length: at(group.lengths, index),
  }));
}

const comparators: Record<Order, (a: ResponseRow, b: ResponseRow) => number> = {
  sampled: (a, b) => a.index - b.index,
  'correct first': (a, b) => Number(b.correct) - Number(a.correct) || a.index - b.index,
  'most novel first': (a, b) => b.exploration - a.exploration || a.index - b.index,
  'by answer': (a, b) =>
    Number(b.correct) - Number(a.correct) || a.answer.localeCompare(b.answer) || a.index - b.index,
};

export function sortRows(rows: readonly ResponseRow[], order: Order): ResponseRow[] {
  return [...rows].sort(comparators[order]);
}

/** Mean of S over pairs, and the share of pairs below 0; null for a group of one. */
export function pairSummary(group: GroupRecord): { mean: number; negative: number } | null {
  const { similarity } = group;
  if (similarity.length === 0) return null;
  const mean = similarity.reduce((sum, value) => sum + value, 0) / similarity.length;
  return { mean, negative: similarity.filter((value) => value < 0).length / similarity.length };
}

export const correctCount = (group: GroupRecord): number =>
  group.rewards.filter((_, index) => isRight(group, index)).length;
