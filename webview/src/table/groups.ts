/** What a group's row says of its runs in one column. Pure. */

export interface GroupFigure {
  /** Runs that have a value. */
  n: number;
  mean: number;
  /** Standard deviation with n − 1; null for one run. */
  sd: number | null;
}

/** Null when no run has a value. */
export function groupFigure(values: readonly unknown[]): GroupFigure | null {
  const numbers = values.filter(
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
  const n = numbers.length;
  if (n === 0) return null;
  const mean = numbers.reduce((sum, value) => sum + value, 0) / n;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : null };
}

/** What all of the group have in common; undefined when they differ. */
export function commonValue(values: readonly unknown[]): unknown {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
