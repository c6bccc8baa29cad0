/** The names of other trainers for what the table of metrics knows. All others stay as they are. */
import { METRICS } from '../runs/metrics/index.js';

/** Names of verl with the same meaning and unit. `docs/logs.md` lists them. */
const sameMeaning: Readonly<Record<string, string>> = {
  'critic/score/mean': 'reward',
  'actor/entropy': 'entropy',
  'actor/entropy_loss': 'entropy',
  'actor/kl_loss': 'kl',
  'actor/loss': 'loss',
  'actor/grad_norm': 'grad_norm',
  'actor/lr': 'learning_rate',
  'response_length/mean': 'completions/mean_length',
  'response_length/min': 'completions/min_length',
  'response_length/max': 'completions/max_length',
  'response_length/clip_ratio': 'completions/clipped_ratio',
  'timing_s/step': 'step_time',
  'timing_s/gen': 'time/rollout',
  'timing_s/update_actor': 'time/update',
  'timing_s/ref': 'time/reference',
  'timing_s/reward': 'time/verifier',
};

/** What TRL logs besides the names of the table. */
const ofTrl =
  /^(rewards|completions|sampling|clip_ratio|g2rl|tools|profiling|logits|logps)\/|^(epoch|num_tokens|frac_reward_zero_std|reward_std|mean_token_accuracy)$/;
/** Trackers get the names of transformers with this in front. */
const prefix = 'train/';

export function metricName(name: string): string {
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  if (bare !== name && (Object.hasOwn(METRICS, bare) || ofTrl.test(bare))) return bare;
  return Object.hasOwn(sameMeaning, name) ? (sameMeaning[name] ?? name) : name;
}
