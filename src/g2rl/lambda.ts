/** The strength λ of the reward scaling, step by step. */

/** How λ follows the steps. */
export type LambdaSchedule = 'constant' | 'linear' | 'warm-up';

/**
 * λ of a step (1-based), from the step alone, so that a resumed run follows it: `linear` falls evenly to 0 at the last
 * step, `warm-up` rises evenly over the first `lambdaWarmupSteps`.
 *
 * @param steps of the whole run
 */
export function lambdaOfStep(
  step: number,
  steps: number,
  method: { lambda: number; lambdaSchedule: LambdaSchedule; lambdaWarmupSteps: number },
): number {
  const { lambda, lambdaSchedule, lambdaWarmupSteps } = method;
  if (lambdaSchedule === 'linear') return lambda * (1 - step / steps);
  if (lambdaSchedule === 'warm-up' && step < lambdaWarmupSteps) return (lambda * step) / lambdaWarmupSteps;
  return lambda;
}
