/**
 * What a trainer reports of each step. One line per metric: the schema of `metrics.jsonl`, the charts, the terminal, the
 * hovers and the names that the Python package may write all derive from this table. Pure.
 */

/** How a value is written for people. */
export type MetricFormat = 'number' | 'percent' | 'bytes';

/** Page of the dashboard that a chart is on. */
export type ChartTab = 'training' | 'geometry' | 'rewards';

export interface Metric {
  /** What it is called where it stands alone. */
  label: string;
  /** The same in lower case and few words: legends, the terminal. */
  short: string;
  format: MetricFormat;
  /** Empty for a number without one. */
  unit: string;
  /** One sentence for people. The first metric of a chart speaks for the chart. */
  help: string;
  /** Where it is drawn: metrics of the same title share a chart, in the order of the table. Null: nowhere. */
  chart: { tab: ChartTab; title: string } | null;
  /** `sometimes`: only of some runs, such as those with vLLM. */
  written: 'always' | 'sometimes';
  /**
   * Whether a moving average says more: of means over what a step has sampled. Extremes, shares, counts and what is set,
   * such as the learning rate, are what they are.
   */
  smooth: boolean;
}

interface AlwaysWritten extends Metric {
  written: 'always';
}
interface SometimesWritten extends Metric {
  written: 'sometimes';
}

function metric(
  chart: `${ChartTab}: ${string}` | null,
  label: string,
  short: string,
  format: MetricFormat,
  unit: string,
  help: string,
): AlwaysWritten {
  const [, tab, title] = /^(\w+): (.*)$/.exec(chart ?? '') ?? [];
  const place = title === undefined ? null : { tab: tab as ChartTab, title };
  return { label, short, format, unit, help, chart: place, written: 'always', smooth: true };
}

const sometimes = (...line: Parameters<typeof metric>): SometimesWritten => ({
  ...metric(...line),
  written: 'sometimes',
});

/** A metric that is never smoothed. */
const exact = <M extends Metric>(line: M): M => ({ ...line, smooth: false });

/** Names as TRL logs them, and `g2rl/…`. Charts stand in this order. */
// biome-ignore format: a table, one line a metric
export const METRICS = {
  reward: metric('training: Reward', 'Reward', 'reward', 'number', '', 'Mean verifier reward of the responses of a step, −1 to 1, before shaping'),
  'rewards/accuracy': metric('training: Training pass@1', 'Training pass@1', 'pass@1', 'percent', '', 'Share of correct responses among those sampled in a step'),
  loss: metric('training: Loss', 'Loss', 'loss', 'number', '', 'Loss of the update: policy gradient, KL and entropy terms'),
  kl: metric('training: KL to the starting policy', 'KL to the starting policy', 'kl', 'number', 'nats', 'k3 estimate, mean over response tokens'),
  entropy: metric('training: Entropy', 'Entropy', 'entropy', 'number', 'nats', 'Mean entropy of the next-token distribution over response tokens, in nats'),
  'completions/mean_length': metric('training: Response length', 'Mean response length', 'mean', 'number', 'tokens', 'Tokens of a response, end-of-sequence counted'),
  'completions/min_length': exact(metric('training: Response length', 'Shortest response', 'min', 'number', 'tokens', 'Tokens of the shortest response of a step')),
  'completions/max_length': exact(metric('training: Response length', 'Longest response', 'max', 'number', 'tokens', 'Tokens of the longest response of a step')),
  'completions/clipped_ratio': exact(metric('training: Cut off', 'Cut-off responses', 'cut off', 'percent', '', 'Share of responses that the length limit ended')),
  grad_norm: metric('training: Gradient norm', 'Gradient norm', 'norm', 'number', '', 'Global L2 norm before clipping'),
  learning_rate: exact(metric('training: Learning rate', 'Learning rate', 'rate', 'number', '', 'Rate of AdamW at this step')),
  step_time: metric('training: Seconds per step', 'Seconds per step', 'step', 'number', 's', 'Where the time of a step goes'),
  'time/rollout': metric('training: Seconds per step', 'Seconds of sampling', 'rollout', 'number', 's', 'Sampling the responses of a step'),
  'time/update': metric('training: Seconds per step', 'Seconds of the update', 'update', 'number', 's', 'Gradient and optimizer'),
  'time/reference': metric('training: Seconds per step', 'Seconds of the reference', 'reference', 'number', 's', 'Log-probabilities of the frozen reference policy'),
  'time/verifier': sometimes(null, 'Seconds of the verifier', 'verifier', 'number', 's', 'Judging the responses of a step'),
  tokens_per_second: metric('training: Tokens per second', 'Tokens per second', 'tokens/s', 'number', 'tokens/s', 'Response tokens over the time of the whole step'),
  num_tokens: exact(metric(null, 'Tokens so far', 'tokens', 'number', 'tokens', 'Response tokens sampled so far')),
  'clip_ratio/low_mean': exact(metric(null, 'Ratios clipped from below', 'clipped low', 'percent', '', 'Share of response tokens whose probability ratio hit the lower clip')),
  'clip_ratio/high_mean': exact(metric(null, 'Ratios clipped from above', 'clipped high', 'percent', '', 'Share of response tokens whose probability ratio hit the upper clip')),
  'sampling/sampling_logp_difference/mean': sometimes('training: vLLM: log-probabilities off by', 'vLLM: mean log-probability difference', 'mean', 'number', 'nats', 'How far the log-probabilities that vLLM sampled with are from the policy’s own, over response tokens'),
  'sampling/sampling_logp_difference/max': exact(sometimes('training: vLLM: log-probabilities off by', 'vLLM: largest log-probability difference', 'max', 'number', 'nats', 'The largest difference of a response token')),
  'sampling/importance_sampling_ratio/mean': sometimes('training: vLLM: importance ratio', 'vLLM: mean importance ratio', 'mean', 'number', '', 'Probability of a response under the policy over that under vLLM; those above 3 are left out of the update'),
  'sampling/importance_sampling_ratio/min': exact(sometimes('training: vLLM: importance ratio', 'vLLM: smallest importance ratio', 'min', 'number', '', 'The smallest ratio of a response')),
  'sampling/importance_sampling_ratio/max': exact(sometimes('training: vLLM: importance ratio', 'vLLM: largest importance ratio', 'max', 'number', '', 'The largest ratio of a response')),
  'g2rl/similarity_mean': metric('geometry: Mean similarity', 'Mean similarity', 'similarity', 'number', '', 'Mean pairwise S over the pairs within groups; lower is more orthogonal'),
  'g2rl/negative_pair_ratio': exact(metric('geometry: Negative pairs', 'Negative pairs', 'negative pairs', 'percent', '', 'Share of pairs whose gradients point in opposite directions, S < 0')),
  'g2rl/exploration_mean': metric('geometry: Exploration ν', 'Mean exploration ν', 'mean', 'number', '', "Share of a response's gradient direction that the others do not have, 0 to 1"),
  'g2rl/exploration_min': exact(metric('geometry: Exploration ν', 'Least exploration ν', 'min', 'number', '', 'The smallest ν of a step')),
  'g2rl/exploration_max': exact(metric('geometry: Exploration ν', 'Greatest exploration ν', 'max', 'number', '', 'The largest ν of a step')),
  'g2rl/no_signal_before': exact(metric('rewards: Groups without signal', 'Groups without signal before shaping', 'before', 'percent', '', 'Share of groups whose rewards are all equal: their advantages are all 0')),
  'g2rl/no_signal_after': exact(metric('rewards: Groups without signal', 'Groups without signal after shaping', 'after', 'percent', '', 'The same share after shaping')),
  'g2rl/scaler_mean': metric('rewards: Scalers', 'Mean scaler', 'mean', 'number', '', 'Factors that rewards were multiplied with'),
  'g2rl/scaler_min': exact(metric('rewards: Scalers', 'Smallest scaler', 'min', 'number', '', 'The smallest factor of a step')),
  'g2rl/scaler_max': exact(metric('rewards: Scalers', 'Largest scaler', 'max', 'number', '', 'The largest factor of a step')),
  'g2rl/clip_fraction': exact(metric('rewards: Clipped rewards', 'Clipped rewards', 'clipped', 'percent', '', 'Share of shaped rewards that hit the clip')),
  reward_std: metric('rewards: Reward spread', 'Reward spread', 'std', 'number', '', 'Standard deviation of the rewards in a group, mean over groups'),
  frac_reward_zero_std: exact(metric(null, 'Groups with equal rewards', 'equal rewards', 'percent', '', 'Share of groups whose rewards are all equal')),
  'g2rl/invalid_groups': exact(metric(null, 'Invalid groups', 'invalid groups', 'number', '', 'Groups with a NaN or infinite feature, left unshaped')),
  'g2rl/feature_seconds': metric(null, 'Seconds of the features', 'features', 'number', 's', 'Computing the features and shaping the rewards'),
} satisfies Record<string, Metric>;

/** Metrics that a run has once for each of several devices: `*` stands for the number of the device. */
// biome-ignore format: a table, one line a metric
export const DEVICE_METRICS = {
  'gpu/*/utilization': exact(sometimes('training: GPU utilization', 'GPU utilization', 'GPU', 'percent', '', 'Share of the time in which a GPU computed, mean over the step')),
  'gpu/*/memory_used': exact(sometimes('training: GPU memory', 'GPU memory', 'GPU', 'bytes', 'bytes', 'Memory of a GPU in use, the most in the step, all processes counted')),
  'gpu/*/power': sometimes('training: GPU power', 'GPU power', 'GPU', 'number', 'W', 'Watts, mean over the step'),
} satisfies Record<string, Metric>;

export type MetricKey = keyof typeof METRICS;
type KeyWritten<When extends Metric['written']> = {
  [Key in MetricKey]: (typeof METRICS)[Key]['written'] extends When ? Key : never;
}[MetricKey];
type DeviceMetricKey = keyof typeof DEVICE_METRICS extends infer Key
  ? Key extends `${infer Start}*${infer End}`
    ? `${Start}${number}${End}`
    : never
  : never;

/** One line of `metrics.jsonl`: flat, one step per line. A name that is not in the table is a type error. */
export type StepMetrics = {
  step: number;
  /** Unix time, seconds. */
  time: number;
} & { [Key in KeyWritten<'always'>]: number } & {
  [Key in KeyWritten<'sometimes'> | DeviceMetricKey]?: number;
};

/** What the terminal and the hovers show of a step. */
export const HEADLINE_METRICS = [
  'reward',
  'rewards/accuracy',
  'g2rl/similarity_mean',
  'g2rl/negative_pair_ratio',
] as const satisfies readonly KeyWritten<'always'>[];
