/** Records of a run with everything that the schemas ask for. */

import type { StepMetrics } from '../../../src/runs/metrics/metrics.js';
import type { BenchmarkRecord, GroupRecord } from '../../../src/runs/protocol/schema.js';

export function stepMetrics(step: number, reward = 0.1): StepMetrics {
  return {
    step,
    time: Date.now() / 1000,
    reward,
    reward_std: 0.9,
    'rewards/accuracy': (reward + 1) / 2,
    loss: 0.01,
    kl: 0.001,
    entropy: 1.2,
    grad_norm: 0.5,
    learning_rate: 1e-4,
    'completions/mean_length': 12,
    'completions/min_length': 4,
    'completions/max_length': 32,
    'completions/clipped_ratio': 0,
    'clip_ratio/low_mean': 0,
    'clip_ratio/high_mean': 0,
    frac_reward_zero_std: 0.1,
    num_tokens: step * 100,
    step_time: 0.5,
    tokens_per_second: 200,
    'time/rollout': 0.2,
    'time/reference': 0.1,
    'time/update': 0.2,
    'g2rl/similarity_mean': 0.2,
    'g2rl/negative_pair_ratio': 0.1,
    'g2rl/logdet_mean': 9.5,
    'g2rl/exploration_mean': 0.8,
    'g2rl/exploration_min': 0.5,
    'g2rl/exploration_max': 1,
    'g2rl/scaler_mean': 1,
    'g2rl/scaler_min': 0.5,
    'g2rl/scaler_max': 1.5,
    'g2rl/clip_fraction': 0,
    'g2rl/no_signal_before': 0.1,
    'g2rl/no_signal_after': 0.05,
    'g2rl/invalid_groups': 0,
    'g2rl/feature_seconds': 0.001,
  };
}

/** A group of two responses. */
export function groupRecord(step: number, group: number, answers = ['3+4', '4+3·1']): GroupRecord {
  return {
    step,
    group,
    prompt_id: `p${group}`,
    prompt: '3 4 → 7',
    m: 2,
    rewards: [1, -1],
    shaped: [1.5, -0.5],
    scalers: [1.5, 0.5],
    exploration: [1, 0.5],
    advantages: [0.7, -0.7],
    lengths: [5, 7],
    answers,
    similarity: [0.25],
  };
}

export function benchmarkRecord(
  step: number,
  passAt1: number,
  benchmark = 'countdown-test',
): BenchmarkRecord {
  return {
    step,
    benchmark,
    problems: 10,
    samples: 16,
    k: 16,
    temperature: 1,
    pass_at_1: passAt1,
    pass_at_1_se: 0.02,
    maj_at_k: passAt1,
    pass_at_k: 0.9,
    distinct_at_k: 2.5,
    similarity_mean: 0.3,
    negative_pair_ratio: 0.1,
    mean_length: 12,
    truncated: 0,
    seconds: 1,
    time: Date.now() / 1000,
  };
}
