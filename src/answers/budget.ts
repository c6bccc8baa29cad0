/** What judging one pair may cost: every loop over terms, places, items and digits takes steps from one budget. */

/** The pair takes more steps than it may; it is then not judged equal. */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';
}

/** About a microsecond each. */
const stepsOfPair = 60_000;

/** Steps that the pair being judged has left. Judging is synchronous, so one pair at a time has a budget. */
let left: number | null = null;

/** @throws OutOfSteps */
export function spend(steps: number): void {
  if (left === null) return;
  left -= steps;
  if (left < 0) throw new OutOfSteps('too many steps');
}

/** Judges within the budget of one pair; what judges a part of a pair shares that of the whole. */
export function withinBudget<Result>(judge: () => Result): Result {
  if (left !== null) return judge();
  left = stepsOfPair;
  try {
    return judge();
  } finally {
    left = null;
  }
}
