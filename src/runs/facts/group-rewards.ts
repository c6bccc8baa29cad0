/** The rewards of a group, one by one: which responses are right, and where all have the same. Pure. */
import type { GroupRecord, RunManifest } from '../protocol/index.js';
import { formatNumber } from './format.js';

/** Name of the judge among the rewards of an experiment. */
const judge = 'correct';

/** Weights of the rewards that a run has besides or in the place of the judge, by name; empty where there are none. */
export function rewardWeights({
  experiment,
  script,
}: Pick<RunManifest, 'experiment' | 'script'>): Map<string, number> {
  const own = experiment.rewards?.map(({ name, weight }) => [name, weight] as const);
  return new Map(own ?? Object.entries(script?.rewards ?? {}));
}

type Rewarded = Pick<GroupRecord, 'rewards' | 'components' | 'left_out'>;

/** Names of the rewards besides the judge; none where the judge is the only one. */
export const ownRewards = ({ components }: Pick<GroupRecord, 'components'>): string[] =>
  Object.keys(components ?? {}).filter((name) => name !== judge);

/** Whether a reward above 0, or that of the judge, says that a response is right. */
export const isJudged = ({ components }: Pick<GroupRecord, 'components'>): boolean =>
  components === undefined || Object.hasOwn(components, judge);

/** Whether the judge has said something of a response. */
const hasVerdict = ({ components }: Pick<GroupRecord, 'components'>, index: number): boolean =>
  typeof components?.[judge]?.[index] === 'number';

/** Whether a response is right: what the judge gives it, or, where it gives nothing, whether its reward is above 0. */
export const isRight = ({ rewards, components }: Rewarded, index: number): boolean =>
  (components?.[judge]?.[index] ?? rewards[index] ?? 0) > 0;

/** Whether it is known if a response is right: not of one that no reward has a value for. */
export const isRated = (group: Rewarded, index: number): boolean =>
  group.left_out?.includes(index) !== true || hasVerdict(group, index);

const allSame = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** Rewards of the responses that are not left out. */
const present = ({ rewards, left_out: leftOut = [] }: Rewarded): number[] =>
  leftOut.length === 0 ? rewards : rewards.filter((_, index) => !leftOut.includes(index));

/** Whether all rewards are equal before shaping. */
export const isFlat = (group: Rewarded): boolean => allSame(present(group));

/**
 * Whether all advantages are 0, so that a group moves nothing. Where a log has none, equal rewards say so; null where it
 * does not tell: with one response for each prompt, or without rewards.
 */
export function isSilent(group: Rewarded & Pick<GroupRecord, 'advantages'>): boolean | null {
  if (group.advantages.length > 0) return group.advantages.every((advantage) => advantage === 0);
  return present(group).length > 1 ? isFlat(group) : null;
}

/** Names of the rewards that are the same for all responses that have a value. */
export const flatRewards = ({ components = {} }: Pick<GroupRecord, 'components'>): string[] =>
  Object.entries(components)
    .filter(([, values]) => allSame(values.filter((value) => value !== null)))
    .map(([name]) => name);

/** `format 0.31 · short −12`: means of the rewards of a step by their names; empty where the judge is the only one. */
export function rewardsText(step: object): string {
  return Object.entries(step)
    .flatMap(([key, value]) => {
      const name = /^rewards\/(.+)\/mean$/.exec(key)?.[1];
      return name === undefined || typeof value !== 'number' ? [] : [`${name} ${formatNumber(value)}`];
    })
    .join(' · ');
}
