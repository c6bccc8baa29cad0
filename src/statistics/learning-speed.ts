/** How fast a score rises over the steps of a run. */

export interface ScoredStep {
  step: number;
  score: number;
}

/** Steps until the score is reached, between two evaluations by linear interpolation; null when it never is. */
export function stepsToReach(curve: readonly ScoredStep[], score: number): number | null {
  for (const [place, point] of curve.entries()) {
    if (point.score < score) continue;
    const before = curve[place - 1];
    if (!before) return point.step;
    return before.step + ((score - before.score) / (point.score - before.score)) * (point.step - before.step);
  }
  return null;
}

/** The mean height of the curve: its area by trapezoids over its width in steps. Null of fewer than two steps. */
export function areaUnderCurve(curve: readonly ScoredStep[]): number | null {
  const width = curve.length < 2 ? 0 : curve.at(-1)!.step - curve[0]!.step;
  if (width === 0) return null;
  let area = 0;
  for (const [place, point] of curve.entries()) {
    const before = curve[place - 1];
    if (before) area += ((before.score + point.score) / 2) * (point.step - before.step);
  }
  return area / width;
}
