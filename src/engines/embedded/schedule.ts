/** The learning rate of a step (1-based): a linear rise over the warm-up, then constant or a cosine to 0. */
export function learningRate(
  step: number,
  settings: { learningRate: number; warmupSteps: number; schedule: 'constant' | 'cosine'; steps: number },
): number {
  const { learningRate: peak, warmupSteps, schedule, steps } = settings;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (schedule === 'constant') return peak;
  const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}
