/**
 * What a trainer reports of each step. One line per metric: the schema of `metrics.jsonl`, the charts, the terminal, the
 * hovers and the names that the Python package may write all derive from this table. Pure.
 */
import { t } from '@vscode/l10n';
import { rewardMean } from '../../reward-names.js';

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

/** Label, short name, help, and the title of the chart if there is one, in the language of the reader. */
type Texts = () => readonly [label: string, short: string, help: string, title?: string];

/** Makes lines of the table. Their texts are asked for when they are shown: the language is not known before. */
const lines =
  <When extends Metric['written']>(written: When, smooth: boolean) =>
  (tab: ChartTab | null, format: MetricFormat, unit: string, texts: Texts): Metric & { written: When } => ({
    written,
    smooth,
    format,
    unit,
    get label() {
      return texts()[0];
    },
    get short() {
      return texts()[1];
    },
    get help() {
      return texts()[2];
    },
    get chart() {
      const title = texts()[3];
      return tab === null || title === undefined ? null : { tab, title };
    },
  });

const metric = lines('always', true);
const sometimes = lines('sometimes', true);
/** Metrics that are never smoothed. */
const exact = lines('always', false);
const sometimesExact = lines('sometimes', false);

/** Names as TRL logs them, and `g2rl/…`. Charts stand in this order. */
// biome-ignore format: a table, one line a metric
export const METRICS = {
  reward: metric('training', 'number', '', () => [t('Reward'), t('reward'), t('Mean reward of the responses of a step before shaping: −1 to 1 from the judge, or the weighted sum of the rewards of the experiment'), t('Reward')]),
  'rewards/accuracy': metric('training', 'percent', '', () => [t('Training pass@1'), t('pass@1'), t('Share of correct responses among those sampled in a step'), t('Training pass@1')]),
  loss: metric('training', 'number', '', () => [t('Loss'), t('loss'), t('Loss of the update: policy gradient, KL and entropy terms'), t('Loss')]),
  kl: metric('training', 'number', 'nats', () => [t('KL to the starting policy'), t('kl'), t('k3 estimate, mean over response tokens'), t('KL to the starting policy')]),
  entropy: metric('training', 'number', 'nats', () => [t('Entropy'), t('entropy'), t('Mean entropy of the next-token distribution over response tokens, in nats'), t('Entropy')]),
  'completions/mean_length': metric('training', 'number', 'tokens', () => [t('Mean response length'), t('mean'), t('Tokens of a response, end-of-sequence counted'), t('Response length')]),
  'completions/min_length': exact('training', 'number', 'tokens', () => [t('Shortest response'), t('min'), t('Tokens of the shortest response of a step'), t('Response length')]),
  'completions/max_length': exact('training', 'number', 'tokens', () => [t('Longest response'), t('max'), t('Tokens of the longest response of a step'), t('Response length')]),
  'completions/clipped_ratio': exact('training', 'percent', '', () => [t('Cut-off responses'), t('cut off'), t('Share of responses that the length limit ended'), t('Cut off')]),
  grad_norm: metric('training', 'number', '', () => [t('Gradient norm'), t('norm'), t('Global L2 norm before clipping'), t('Gradient norm')]),
  learning_rate: exact('training', 'number', '', () => [t('Learning rate'), t('rate'), t('Rate of AdamW at this step'), t('Learning rate')]),
  step_time: metric('training', 'number', 's', () => [t('Seconds per step'), t('step'), t('Where the time of a step goes'), t('Seconds per step')]),
  'time/rollout': metric('training', 'number', 's', () => [t('Seconds of sampling'), t('rollout'), t('Sampling the responses of a step'), t('Seconds per step')]),
  'time/update': metric('training', 'number', 's', () => [t('Seconds of the update'), t('update'), t('Gradient and optimizer'), t('Seconds per step')]),
  'time/reference': metric('training', 'number', 's', () => [t('Seconds of the reference'), t('reference'), t('Log-probabilities of the frozen reference policy'), t('Seconds per step')]),
  'time/verifier': sometimes(null, 'number', 's', () => [t('Seconds of the verifier'), t('verifier'), t('Judging the responses of a step')]),
  'time/rewards': sometimes('training', 'number', 's', () => [t('Seconds of the rewards'), t('rewards'), t('Functions and programs that give rewards'), t('Seconds per step')]),
  'time/embedding': sometimes('training', 'number', 's', () => [t('Seconds of the embeddings'), t('embeddings'), t('Sentence embeddings of the responses of a step'), t('Seconds per step')]),
  tokens_per_second: metric('training', 'number', 'tokens/s', () => [t('Tokens per second'), t('tokens/s'), t('Response tokens over the time of the whole step'), t('Tokens per second')]),
  num_tokens: exact(null, 'number', 'tokens', () => [t('Tokens so far'), t('tokens'), t('Response tokens sampled so far')]),
  'clip_ratio/low_mean': exact(null, 'percent', '', () => [t('Ratios clipped from below'), t('clipped low'), t('Share of response tokens whose probability ratio hit the lower clip')]),
  'clip_ratio/high_mean': exact(null, 'percent', '', () => [t('Ratios clipped from above'), t('clipped high'), t('Share of response tokens whose probability ratio hit the upper clip')]),
  'sampling/sampling_logp_difference/mean': sometimes('training', 'number', 'nats', () => [t('vLLM: mean log-probability difference'), t('mean'), t('How far the log-probabilities that vLLM sampled with are from the policy’s own, over response tokens'), t('vLLM: log-probabilities off by')]),
  'sampling/sampling_logp_difference/max': sometimesExact('training', 'number', 'nats', () => [t('vLLM: largest log-probability difference'), t('max'), t('The largest difference of a response token'), t('vLLM: log-probabilities off by')]),
  'sampling/importance_sampling_ratio/mean': sometimes('training', 'number', '', () => [t('vLLM: mean importance ratio'), t('mean'), t('Probability of a response under the policy over that under vLLM; those above 3 are left out of the update'), t('vLLM: importance ratio')]),
  'sampling/importance_sampling_ratio/min': sometimesExact('training', 'number', '', () => [t('vLLM: smallest importance ratio'), t('min'), t('The smallest ratio of a response'), t('vLLM: importance ratio')]),
  'sampling/importance_sampling_ratio/max': sometimesExact('training', 'number', '', () => [t('vLLM: largest importance ratio'), t('max'), t('The largest ratio of a response'), t('vLLM: importance ratio')]),
  'g2rl/similarity_mean': metric('geometry', 'number', '', () => [t('Mean similarity'), t('similarity'), t('Mean pairwise S over the pairs within groups; lower is more orthogonal'), t('Mean similarity')]),
  'g2rl/negative_pair_ratio': exact('geometry', 'percent', '', () => [t('Negative pairs'), t('negative pairs'), t('Share of pairs whose gradients point in opposite directions, S < 0'), t('Negative pairs')]),
  'g2rl/logdet_mean': metric('geometry', 'number', '', () => [t('Log det(I + S)'), t('log det'), t('Mean over groups of log det(I + S): how many directions the responses have, from ln(1 + m) when all are the same to m ln 2 when all are orthogonal'), t('Log det(I + S)')]),
  'g2rl/exploration_mean': metric('geometry', 'number', '', () => [t('Mean exploration ν'), t('mean'), t("Share of a response's gradient direction that the others do not have, 0 to 1"), t('Exploration ν')]),
  'g2rl/exploration_min': exact('geometry', 'number', '', () => [t('Least exploration ν'), t('min'), t('The smallest ν of a step'), t('Exploration ν')]),
  'g2rl/exploration_max': exact('geometry', 'number', '', () => [t('Greatest exploration ν'), t('max'), t('The largest ν of a step'), t('Exploration ν')]),
  'g2rl/no_signal_before': exact('rewards', 'percent', '', () => [t('Groups without signal before shaping'), t('before'), t('Share of groups whose rewards are all equal: their advantages are all 0'), t('Groups without signal')]),
  'g2rl/no_signal_after': exact('rewards', 'percent', '', () => [t('Groups without signal after shaping'), t('after'), t('The same share after shaping'), t('Groups without signal')]),
  'g2rl/scaler_mean': metric('rewards', 'number', '', () => [t('Mean scaler'), t('mean'), t('Factors that rewards were multiplied with'), t('Scalers')]),
  'g2rl/scaler_min': exact('rewards', 'number', '', () => [t('Smallest scaler'), t('min'), t('The smallest factor of a step'), t('Scalers')]),
  'g2rl/scaler_max': exact('rewards', 'number', '', () => [t('Largest scaler'), t('max'), t('The largest factor of a step'), t('Scalers')]),
  'g2rl/lambda': sometimesExact('rewards', 'number', '', () => [t('Strength λ'), t('λ'), t('Strength λ of the reward scaling at this step'), t('Strength λ')]),
  'dirl/reasoning_share': sometimesExact('geometry', 'percent', '', () => [t('Responses on the side of reasoning'), t('reasoning'), t('Share of responses whose mean hidden state has a positive product with the direction of DiRL, s > 0'), t('Responses on the side of reasoning')]),
  'g2rl/clip_fraction': exact('rewards', 'percent', '', () => [t('Clipped rewards'), t('clipped'), t('Share of shaped rewards that hit the clip'), t('Clipped rewards')]),
  reward_std: metric('rewards', 'number', '', () => [t('Reward spread'), t('std'), t('Standard deviation of the rewards over the responses of a step that have one'), t('Reward spread')]),
  frac_reward_zero_std: exact(null, 'percent', '', () => [t('Groups with equal rewards'), t('equal rewards'), t('Share of groups whose rewards are all equal')]),
  'g2rl/invalid_groups': exact(null, 'number', '', () => [t('Invalid groups'), t('invalid groups'), t('Groups with a NaN or infinite feature, left unshaped')]),
  'g2rl/feature_seconds': metric(null, 'number', 's', () => [t('Seconds of the features'), t('features'), t('Computing the features and shaping the rewards')]),
} satisfies Record<string, Metric>;

/** Metrics that a run has once for each of several devices: `*` stands for the number of the device. */
// biome-ignore format: a table, one line a metric
export const DEVICE_METRICS = {
  'gpu/*/utilization': sometimesExact('training', 'percent', '', () => [t('GPU utilization'), t('GPU'), t('Share of the time in which a GPU computed, mean over the step'), t('GPU utilization')]),
  'gpu/*/memory_used': sometimesExact('training', 'bytes', 'bytes', () => [t('GPU memory'), t('GPU'), t('Memory of a GPU in use, the most in the step, all processes counted'), t('GPU memory')]),
  'gpu/*/power': sometimes('training', 'number', 'W', () => [t('GPU power'), t('GPU'), t('Watts, mean over the step'), t('GPU power')]),
} satisfies Record<string, Metric>;

/** Metrics that a run has once for each of its rewards: `*` stands for the name of the reward. Each has a chart of its means. */
// biome-ignore format: a table, one line a metric
export const REWARD_METRICS = {
  [rewardMean('*')]: sometimes('rewards', 'number', '', () => [t('Mean of a reward'), t('mean'), t('Mean value of this reward over the responses of a step that have one, unweighted'), t('Reward')]),
  'rewards/*/std': sometimes('rewards', 'number', '', () => [t('Spread of a reward'), t('std'), t('Standard deviation of each reward over the responses of a step that have a value'), t('Spread of each reward')]),
  'rewards/*/null': sometimesExact('rewards', 'percent', '', () => [t('Responses without this reward'), t('without'), t('Share of responses that a reward gave no value'), t('Responses without a value')]),
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
type RewardMetricKey = `rewards/${string}/${'mean' | 'std' | 'null'}`;

/** One line of `metrics.jsonl`: flat, one step per line. A name that is not in the table is a type error. */
export type StepMetrics = {
  step: number;
  /** Unix time, seconds. */
  time: number;
} & { [Key in KeyWritten<'always'>]: number } & {
  [Key in KeyWritten<'sometimes'> | DeviceMetricKey | RewardMetricKey]?: number;
};

/** What the terminal and the hovers show of a step. */
export const HEADLINE_METRICS = [
  'reward',
  'rewards/accuracy',
  'g2rl/similarity_mean',
  'g2rl/negative_pair_ratio',
] as const satisfies readonly KeyWritten<'always'>[];
