/** The rewards of a step, one by one. Pure. */
import { flatRewards } from '../../../src/runs/facts/index.js';
import type { GroupRecord } from '../../../src/runs/protocol/index.js';

export interface StepReward {
  name: string;
  /** Over the responses that have a value; NaN where none has. */
  mean: number;
  /** Sample standard deviation over the same. */
  spread: number;
  /** Share of the responses without a value. */
  without: number;
  /** In how many groups it is the same for all responses. */
  flat: number;
  /** Numbers of those groups in which another reward differs. */
  onlyFlat: number[];
}

/** Values of a reward in all groups. */
const valuesOf = (groups: readonly GroupRecord[], name: string): (number | null)[] =>
  groups.flatMap(({ components }) => components?.[name] ?? []);

function spreadOf(values: readonly number[], mean: number): number {
  if (values.length < 2) return values.length === 0 ? Number.NaN : 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Each reward of the groups, in their order; none where the judge's is the only one. */
export function stepRewards(groups: readonly GroupRecord[]): StepReward[] {
  const names = Object.keys(groups[0]?.components ?? {});
  const flatIn = groups.map((group) => ({ group, flat: flatRewards(group) }));
  return names.map((name) => {
    const all = valuesOf(groups, name);
    const values = all.filter((value) => value !== null);
    const mean =
      values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
    const own = flatIn.filter(({ flat }) => flat.includes(name));
    return {
      name,
      mean,
      spread: spreadOf(values, mean),
      without: all.length === 0 ? 0 : 1 - values.length / all.length,
      flat: own.length,
      onlyFlat: own.filter(({ flat }) => flat.length < names.length).map(({ group }) => group.group),
    };
  });
}
