/**
 * The rules of the audit: one entry each, with its threshold, what people usually do, and where it is seen. A rule reports
 * what is so, with figures and steps; whether it is wrong is for the reader to say. Pure.
 */
import { t } from '@vscode/l10n';
import { formatNumber, formatPercent } from '../runs/facts/index.js';
import type { Rule } from './finding.js';
import {
  checkpointsBehind,
  groupsWithoutSignal,
  promptsThatNeverTeach,
  rewardsApart,
  scoreBelow,
  stepsWithoutShaping,
} from './sightings.js';
import { rise, windowsOf } from './windows.js';

/** A share of the last window that is at or above the threshold. */
const shareAtEnd =
  (say: (share: string, from: number, to: number) => string, ...metrics: readonly string[]): Rule['find'] =>
  ({ columns }, threshold) => {
    const windows = windowsOf(columns, ...metrics);
    if (!windows) return undefined;
    const { mean: value, from, to } = windows.last;
    return value < threshold ? null : { value, from, to, figure: say(formatPercent(value), from, to) };
  };

/** Below this a distribution has all but one token left, whatever it began with. */
const leastEntropy = 0.05;
/** Smaller divergences are within what one update does. */
const leastKl = 0.1;
/** Log-probabilities of two engines differ by so much with the same weights. */
const usualDifference = 0.02;

export const RULES: readonly Rule[] = [
  {
    id: 'no-signal',
    threshold: 0.5,
    tab: 'rewards',
    metrics: ['g2rl/no_signal_after', 'frac_reward_zero_std'],
    texts: () => ({
      what: t('Groups without a signal'),
      threshold: t('In the last tenth of the steps at least 50% of the groups have only advantages of 0.'),
      usually: t(
        'Leave out prompts that are always or never solved, take harder or easier ones, sample larger groups, or raise the temperature.',
      ),
    }),
    find: groupsWithoutSignal,
  },
  {
    id: 'silent-prompts',
    threshold: 0.25,
    tab: 'prompts',
    metrics: [],
    texts: () => ({
      what: t('Prompts that never teach'),
      threshold: t('At least 25% of the prompts that were sampled twice or more never gave a signal.'),
      usually: t(
        'Look at them: wrong answers in the data, problems beyond the policy, or ones that it already solves. Leave them out.',
      ),
    }),
    find: promptsThatNeverTeach,
  },
  {
    id: 'entropy',
    threshold: 0.25,
    tab: 'training',
    metrics: ['entropy'],
    texts: () => ({
      what: t('Entropy has fallen'),
      threshold: t(
        'In the last tenth of the steps it is at most 25% of what it was in the first, or below 0.05 nats.',
      ),
      usually: t(
        'Lower the learning rate, raise the upper clip or the KL coefficient, add an entropy bonus, or stop earlier.',
      ),
    }),
    find: ({ columns }, threshold) => {
      const windows = windowsOf(columns, 'entropy');
      if (!windows) return undefined;
      const { first, last } = windows;
      if (last.mean > threshold * first.mean && last.mean >= leastEntropy) return null;
      return {
        value: last.mean,
        from: last.from,
        to: last.to,
        figure: t(
          '{0} nats in steps {1} to {2}, {3} at the start.',
          formatNumber(last.mean),
          last.from,
          last.to,
          formatNumber(first.mean),
        ),
      };
    },
  },
  {
    id: 'kl',
    threshold: 2,
    tab: 'training',
    metrics: ['kl'],
    texts: () => ({
      what: t('KL accelerates'),
      threshold: t(
        'It is at least 0.1 nats, and its rise in the second half is 2 times that in the first, beyond three standard errors.',
      ),
      usually: t(
        'Lower the learning rate, raise the KL coefficient, or go back to a checkpoint before the rise.',
      ),
    }),
    find: ({ columns }, threshold) => {
      const windows = windowsOf(columns, 'kl');
      if (!windows) return undefined;
      const { first, middle, last } = windows;
      const [early, late] = [middle.mean - first.mean, last.mean - middle.mean];
      if (last.mean < leastKl || late < threshold * Math.max(0, early) || rise(middle, last) < 3) return null;
      return {
        value: last.mean,
        from: middle.from,
        to: last.to,
        figure: t(
          '{0} nats at the start, {1} around step {2}, {3} at step {4}.',
          formatNumber(first.mean),
          formatNumber(middle.mean),
          Math.round((middle.from + middle.to) / 2),
          formatNumber(last.mean),
          last.to,
        ),
      };
    },
  },
  {
    id: 'ratios-clipped',
    threshold: 0.1,
    tab: 'training',
    metrics: ['clip_ratio/low_mean', 'clip_ratio/high_mean'],
    texts: () => ({
      what: t('Clipped probability ratios'),
      threshold: t('In the last tenth of the steps at least 10% of the response tokens hit the clip.'),
      usually: t('Take fewer minibatches or epochs for each batch, or a lower learning rate.'),
    }),
    find: shareAtEnd(
      (share, from, to) => t('{0} of the response tokens in steps {1} to {2}.', share, from, to),
      'clip_ratio/low_mean',
      'clip_ratio/high_mean',
    ),
  },
  {
    id: 'rewards-clipped',
    threshold: 0.1,
    tab: 'rewards',
    metrics: ['g2rl/clip_fraction'],
    texts: () => ({
      what: t('Clipped rewards'),
      threshold: t('In the last tenth of the steps at least 10% of the shaped rewards hit the clip.'),
      usually: t('Raise the clip (method.clip), or lower λ: clipped rewards no longer tell responses apart.'),
    }),
    find: shareAtEnd(
      (share, from, to) => t('{0} of the shaped rewards in steps {1} to {2}.', share, from, to),
      'g2rl/clip_fraction',
    ),
  },
  {
    id: 'shaping-idle',
    threshold: 1,
    tab: 'rewards',
    metrics: ['g2rl/scaler_mean', 'g2rl/clip_fraction'],
    texts: () => ({
      what: t('Shaping cannot act'),
      threshold: t(
        'In at least one step no response has a reward, each reward is 0, or the clip cuts each one.',
      ),
      usually: t(
        'Give wrong answers −1 instead of 0, since 0 times a factor is 0; give null only to responses that a reward says nothing about; set method.clip to 2 or more.',
      ),
    }),
    find: stepsWithoutShaping,
  },
  {
    id: 'cut-off',
    threshold: 0.1,
    tab: 'training',
    metrics: ['completions/clipped_ratio'],
    texts: () => ({
      what: t('Responses are cut off'),
      threshold: t('In the last tenth of the steps the length limit ends at least 10% of the responses.'),
      usually: t(
        'Raise the limit (rollout.maxNewTokens, in TRL max_completion_length), or reward shorter responses: what is cut off counts as wrong.',
      ),
    }),
    find: shareAtEnd(
      (share, from, to) => t('{0} of the responses in steps {1} to {2}.', share, from, to),
      'completions/clipped_ratio',
    ),
  },
  {
    id: 'evaluation-cut-off',
    threshold: 0.1,
    tab: 'benchmarks',
    metrics: [],
    texts: () => ({
      what: t('Responses of an evaluation are cut off'),
      threshold: t(
        'The length limit ends at least 10% of the responses of the newest evaluation of a benchmark.',
      ),
      usually: t('Evaluate with a longer limit: the score says how often the policy is through in time.'),
    }),
    find: ({ benchmarks }, threshold) => {
      const newest = new Map(benchmarks.map((record) => [record.benchmark, record]));
      const known = [...newest.values()].filter(({ truncated }) => typeof truncated === 'number');
      if (known.length === 0) return undefined;
      const [worst] = known.sort((a, b) => (b.truncated ?? 0) - (a.truncated ?? 0));
      if (!worst || (worst.truncated ?? 0) < threshold) return null;
      const { benchmark, step, truncated } = worst;
      return {
        value: truncated ?? 0,
        from: step,
        to: step,
        figure: t('{0} of the responses to {1} at step {2}.', formatPercent(truncated), benchmark, step),
      };
    },
  },
  {
    id: 'rewards-apart',
    threshold: 3,
    tab: 'rewards',
    metrics: [],
    texts: () => ({
      what: t('One reward rises while another falls'),
      threshold: t(
        'Between the first and the last tenth of the steps one mean reward rises and another falls, each by at least 3 standard errors.',
      ),
      usually: t('Look at responses that gain by the one and lose by the other, and change the weights.'),
    }),
    find: rewardsApart,
  },
  {
    id: 'sampler',
    threshold: 3,
    tab: 'training',
    metrics: ['sampling/sampling_logp_difference/mean'],
    texts: () => ({
      what: t('The sampler falls behind the policy'),
      threshold: t(
        'Its log-probabilities are off by at least 0.02 nats, 3 times what it was at the start and rising: as with weights that stand still.',
      ),
      usually: t(
        'Check that the sampler is given the new weights after each update, and at which precision.',
      ),
    }),
    find: ({ columns }, threshold) => {
      const windows = windowsOf(columns, 'sampling/sampling_logp_difference/mean');
      if (!windows) return undefined;
      const { first, last } = windows;
      const isApart = last.mean >= usualDifference && last.mean >= threshold * first.mean;
      if (!isApart || rise(first, last) < 3) return null;
      return {
        value: last.mean,
        from: first.from,
        to: last.to,
        figure: t(
          '{0} nats at the start, {1} in steps {2} to {3}.',
          formatNumber(first.mean),
          formatNumber(last.mean),
          last.from,
          last.to,
        ),
      };
    },
  },
  {
    id: 'step-time',
    threshold: 1.5,
    tab: 'training',
    metrics: ['step_time', 'completions/mean_length'],
    texts: () => ({
      what: t('Steps take longer and longer'),
      threshold: t(
        'The median step of the last tenth takes 1.5 times that of the first, and responses have not become so much longer.',
      ),
      usually: t(
        'Look for other programs on the machine, memory that is swapped, and a GPU that is too hot.',
      ),
    }),
    find: ({ columns }, threshold) => {
      const windows = windowsOf(columns, 'step_time');
      if (!windows) return undefined;
      const { first, last } = windows;
      const lengths = windowsOf(columns, 'completions/mean_length');
      const longer = lengths ? Math.max(1, lengths.last.mean / Math.max(1e-9, lengths.first.mean)) : 1;
      if (first.median <= 0 || last.median < threshold * longer * first.median) return null;
      return {
        value: last.median / first.median,
        from: first.from,
        to: last.to,
        figure: t(
          '{0} s at the start, {1} s in steps {2} to {3}.',
          formatNumber(first.median, 2),
          formatNumber(last.median, 2),
          last.from,
          last.to,
        ),
      };
    },
  },
  {
    id: 'checkpoints',
    threshold: 2,
    tab: 'configuration',
    metrics: [],
    texts: () => ({
      what: t('Checkpoints are missing'),
      threshold: t('The newest complete checkpoint is 2 intervals old.'),
      usually: t('Read the log, and look for space on the disk: what was learned since would be lost.'),
    }),
    find: checkpointsBehind,
  },
  {
    id: 'score-fell',
    threshold: 2,
    tab: 'benchmarks',
    metrics: [],
    texts: () => ({
      what: t('A score has fallen'),
      threshold: t(
        'The newest pass@1 of a benchmark is below its best by more than 2 standard errors of the difference.',
      ),
      usually: t('Take the checkpoint of the best score, and look at what was lost in between.'),
    }),
    find: (evidence, threshold) =>
      scoreBelow(
        evidence,
        threshold,
        'best',
        ({ pass_at_1: value, pass_at_1_se: error }) => ({ value, error }),
        'pass@1',
      ),
  },
  {
    id: 'coverage-fell',
    threshold: 2,
    tab: 'benchmarks',
    metrics: [],
    texts: () => ({
      what: t('Fewer problems are solved by any response'),
      threshold: t(
        'The newest pass@k of a benchmark is below that of the starting policy by more than 2 standard errors of the difference.',
      ),
      usually: t(
        'The policy has become narrower: keep entropy up, reward responses that differ, or stop earlier.',
      ),
    }),
    find: (evidence, threshold) =>
      scoreBelow(
        evidence,
        threshold,
        'first',
        ({ pass_at_k: value, pass_at_k_se: error }) => ({ value, error }),
        'pass@k',
      ),
  },
  {
    id: 'invalid-groups',
    threshold: 1,
    tab: 'geometry',
    metrics: ['g2rl/invalid_groups'],
    texts: () => ({
      what: t('Groups with features that are no numbers'),
      threshold: t('There is at least one.'),
      usually: t('Lower the learning rate, or compute in a precision with more range.'),
    }),
    find: ({ columns }, threshold) => {
      const counts = columns.column('g2rl/invalid_groups');
      const steps = columns.column('step');
      if (!counts || !steps || counts.length === 0) return undefined;
      const places = [...counts.keys()].filter((place) => (counts[place] ?? 0) > 0);
      const value = places.reduce((sum, place) => sum + (counts[place] ?? 0), 0);
      if (value < threshold) return null;
      const [from, to] = [steps[places[0] ?? 0] ?? 0, steps[places.at(-1) ?? 0] ?? 0];
      return { value, from, to, figure: t('{0} groups between step {1} and step {2}.', value, from, to) };
    },
  },
];
