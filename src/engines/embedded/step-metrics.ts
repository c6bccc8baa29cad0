/** The numbers of one training step, under the names by which TRL logs them. Pure. */
import { groupMetrics } from '../../g2rl/index.js';
import { rewardMean } from '../../reward-names.js';
import type { NamedValues } from '../../rewards/index.js';
import type { GradedRollout } from './graded-rollout.js';
import type { Rollout } from './sampling.js';

/** Sums over all updates of a step; ratios and losses are means of them. */
export interface UpdateTotals {
  updates: number;
  loss: number;
  gradientNorm: number;
  tokens: number;
  kl: number;
  entropy: number;
  clippedLow: number;
  clippedHigh: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function sampleDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
}

const present = (rewards: readonly number[]) => rewards.filter((reward) => !Number.isNaN(reward));

/** Names as TRL has them; a reward that no response got has neither mean nor deviation. */
function componentMetrics(components: readonly NamedValues[]): Record<`rewards/${string}/mean`, number> {
  const metrics: Record<string, number> = {};
  for (const { name, values } of components) {
    const there = values.filter((value) => value !== null);
    if (there.length > 0) {
      metrics[rewardMean(name)] = mean(there);
      metrics[`rewards/${name}/std`] = sampleDeviation(there);
    }
    if (there.length < values.length) metrics[`rewards/${name}/null`] = 1 - there.length / values.length;
  }
  return metrics;
}

/** Of responses that have a reward. */
export function rewardMetrics(graded: GradedRollout) {
  const rewards = present(graded.rewards.flat());
  const geometry = groupMetrics(graded.groups, graded.rewards, graded.advantages);
  return {
    reward: rewards.length > 0 ? mean(rewards) : 0,
    reward_std: rewards.length > 0 ? sampleDeviation(rewards) : 0,
    'rewards/accuracy': mean(graded.verdicts.map(({ correct }) => Number(correct))),
    frac_reward_zero_std: geometry['g2rl/no_signal_before'],
    ...geometry,
    ...(graded.components && componentMetrics(graded.components)),
  };
}

export function updateMetrics(totals: UpdateTotals, rate: number) {
  return {
    loss: totals.loss / totals.updates,
    kl: totals.kl / totals.tokens,
    entropy: totals.entropy / totals.tokens,
    grad_norm: totals.gradientNorm / totals.updates,
    learning_rate: rate,
    'clip_ratio/low_mean': totals.clippedLow / totals.tokens,
    'clip_ratio/high_mean': totals.clippedHigh / totals.tokens,
  };
}

export function lengthMetrics({ responses }: Rollout) {
  const lengths = responses.map(({ tokens }) => tokens.length);
  return {
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': mean(responses.map(({ finished }) => Number(!finished))),
  };
}
