/** Name of the judge of the task among the rewards of an experiment. */
export const judgeReward = 'correct';

/** The series of a reward's mean value, as TRL names it. */
export const rewardMean = <Name extends string>(name: Name) => `rewards/${name}/mean` as const;

/** The reward whose mean a series is; undefined for other series. */
export const rewardOfMean = (series: string): string | undefined => /^rewards\/(.+)\/mean$/.exec(series)?.[1];
