/** The configuration of another trainer as far as an experiment has the same settings. */
import { isObject, type JsonObject } from '../runs/protocol/index.js';

type Path = string;

/** Where an experiment has a setting, and where others write it: TRL's arguments, then verl's configuration. */
const sources: readonly (readonly [to: Path, from: readonly Path[]])[] = [
  ['policy', ['model_name_or_path', '_name_or_path', 'actor_rollout_ref.model.path']],
  ['seed', ['seed']],
  ['rollout.groupSize', ['num_generations', 'actor_rollout_ref.rollout.n']],
  ['rollout.promptsPerStep', ['data.train_batch_size']],
  ['rollout.temperature', ['temperature', 'actor_rollout_ref.rollout.temperature']],
  ['rollout.maxNewTokens', ['max_completion_length', 'data.max_response_length']],
  ['optimization.learningRate', ['learning_rate', 'actor_rollout_ref.actor.optim.lr']],
  ['optimization.warmupSteps', ['warmup_steps', 'actor_rollout_ref.actor.optim.lr_warmup_steps']],
  ['optimization.klCoefficient', ['beta', 'actor_rollout_ref.actor.kl_loss_coef']],
  ['optimization.clipRange', ['epsilon', 'actor_rollout_ref.actor.clip_ratio']],
  ['optimization.epochs', ['num_iterations', 'actor_rollout_ref.actor.ppo_epochs']],
  ['optimization.gradientClip', ['max_grad_norm', 'actor_rollout_ref.actor.grad_clip']],
  ['optimization.weightDecay', ['weight_decay', 'actor_rollout_ref.actor.optim.weight_decay']],
  ['optimization.scaleRewards', ['scale_rewards']],
  ['optimization.importanceSamplingLevel', ['importance_sampling_level']],
];

/** TensorBoard and trackers may have the names with dots, or objects in objects. */
function at(settings: JsonObject, path: Path): unknown {
  if (path in settings) return settings[path];
  return path
    .split('.')
    .reduce((value: unknown, name) => (isObject(value) ? value[name] : undefined), settings);
}

/** The settings that are known, in the shape of an experiment. */
export function experimentOf(name: string, settings: JsonObject, totalSteps: number | null): JsonObject {
  const experiment: JsonObject = { name, evaluation: { benchmarks: [] } };
  const set = (path: Path, value: unknown) => {
    const [first = '', second] = path.split('.');
    if (second === undefined) experiment[first] = value;
    else {
      const part = experiment[first];
      experiment[first] = { ...(isObject(part) && part), [second]: value };
    }
  };
  for (const [to, from] of sources) {
    const value = from.map((path) => at(settings, path)).find((one) => one !== undefined && one !== null);
    if (['number', 'string', 'boolean'].includes(typeof value)) set(to, value);
  }
  const method = methodOf(settings);
  if (method !== null) experiment.method = { name: method };
  if (totalSteps !== null) set('optimization.steps', totalSteps);
  return experiment;
}

function methodOf(settings: JsonObject): string | null {
  const estimator = at(settings, 'algorithm.adv_estimator');
  if (typeof estimator === 'string') return estimator;
  // Of TRL's trainers those of GRPO sample groups.
  return at(settings, 'num_generations') === undefined ? null : 'grpo';
}
