/** AdamW with clipping by the global norm, over flat arrays in place. */

export interface OptimizerSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** Largest L2 norm of the gradient. */
  gradientClip: number;
}

/** Added to the norm before dividing, as torch's clip_grad_norm_ does. */
export const normEpsilon = 1e-6;

export interface OptimizerState {
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  updates: number;
}

/**
 * One pass over memory, which takes less time than the runtime's dozen, after each of which it would copy what it has
 * written in place.
 */
export class AdamW {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  /** Updates done so far: the t of the bias corrections. */
  #updates: number;

  /** Takes the arrays as its own: they change with each step. */
  constructor(
    private readonly settings: OptimizerSettings,
    private readonly weights: Float32Array,
    resumed: OptimizerState | null = null,
  ) {
    this.firstMoment = resumed?.firstMoment ?? new Float32Array(weights.length);
    this.secondMoment = resumed?.secondMoment ?? new Float32Array(weights.length);
    this.#updates = resumed?.updates ?? 0;
  }

  get updates(): number {
    return this.#updates;
  }

  /** One update; returns the gradient's norm before clipping. */
  step(gradient: Float32Array, learningRate: number): number {
    this.#updates++;
    const { weights, firstMoment, secondMoment } = this;
    const { beta1, beta2, epsilon, weightDecay, gradientClip } = this.settings;
    const norm = l2Norm(gradient);
    const clip = Math.min(1, gradientClip / (norm + normEpsilon));
    const rate = learningRate / (1 - beta1 ** this.#updates);
    const rootCorrection = 1 / Math.sqrt(1 - beta2 ** this.#updates);
    const decay = 1 - learningRate * weightDecay;
    const [share1, share2] = [1 - beta1, 1 - beta2];
    for (let index = 0; index < weights.length; index++) {
      const clipped = gradient[index]! * clip;
      const first = beta1 * firstMoment[index]! + share1 * clipped;
      const second = beta2 * secondMoment[index]! + share2 * clipped * clipped;
      firstMoment[index] = first;
      secondMoment[index] = second;
      const direction = first / (Math.sqrt(second) * rootCorrection + epsilon);
      weights[index] = weights[index]! * decay - rate * direction;
    }
    return norm;
  }
}

/** In float64: a float32 sum of a million squares is wrong in the fifth digit. */
function l2Norm(values: Float32Array): number {
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += values[index]! * values[index]!;
  return Math.sqrt(squares);
}
