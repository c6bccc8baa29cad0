/** Names and numbers that choose a method and its reward shaping. */

/** How novelty becomes a factor of the reward; see `shapeGroup`. */
export type Shaping = 'signed' | 'unit' | 'eq12';
/** Which groups with all-equal rewards are shaped. */
export type UniformGroups = 'correct' | 'all' | 'none';
export type MethodName = 'g2rl' | 'grpo' | 'entropy' | 'evol-rl' | 'pass-at-k' | 'dirl';
/** How a response that points against the direction of reasoning is scaled; see `shapeDirl`. */
export type MemorySign = 'paper' | 'code';
/** Which standard deviation divides the centered rewards. */
export type RewardScale = 'group' | 'batch' | 'none';

export interface ShapingSettings {
  /** `shapeGroup` shapes for `g2rl` alone; see `shapeEvolRl` and `shapeDirl`. */
  method: MethodName;
  /** Strength λ, 0 to 1. 0 is exactly GRPO. */
  lambda: number;
  shaping: Shaping;
  uniformGroups: UniformGroups;
  /** Shaped rewards are clipped to [-clip, clip]. */
  clip: number;
}
