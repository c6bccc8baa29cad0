/** Problems of two variants, and those that most seeds of one solve and not of the other. Pure. */
import type { SharedProblem, SharedProblems, SolvedBy } from '../../contract/index.js';
import { isSolved, type ProblemOverview } from '../../runs/facts/index.js';

/** The problems of one run's evaluation; null when its responses were not kept. */
export type RunProblems = readonly ProblemOverview[] | null;

const isByMost = ({ solved, seeds }: SolvedBy): boolean => solved > seeds / 2;

/** Flipped ones first, those that differ most before others. */
export function sharedProblems(
  first: readonly RunProblems[],
  second: readonly RunProblems[],
): SharedProblems {
  const [one, other] = [tally(first), tally(second)];
  const problems: SharedProblem[] = [];
  for (const [id, of] of one) {
    const against = other.get(id);
    if (!against) continue;
    problems.push({ id, first: of, second: against, flipped: isByMost(of) !== isByMost(against) });
  }
  const missing = [...first, ...second].filter((run) => run === null).length;
  return {
    problems: problems.sort((a, b) => Number(b.flipped) - Number(a.flipped) || difference(b) - difference(a)),
    missing,
  };
}

/** In solved seeds, then in right responses. */
const difference = ({ first, second }: SharedProblem): number =>
  Math.abs(first.solved / first.seeds - second.solved / second.seeds) +
  Math.abs(first.share - second.share) / 1000;

function tally(runs: readonly RunProblems[]): Map<string, SolvedBy> {
  const counts = new Map<string, { seeds: number; solved: number; n: number; correct: number }>();
  for (const problem of runs.flatMap((run) => run ?? [])) {
    const known = counts.get(problem.id) ?? { seeds: 0, solved: 0, n: 0, correct: 0 };
    known.seeds++;
    if (isSolved(problem)) known.solved++;
    known.n += problem.n;
    known.correct += problem.correct;
    counts.set(problem.id, known);
  }
  return new Map(
    [...counts].map(([id, { seeds, solved, n, correct }]) => [
      id,
      { seeds, solved, share: n === 0 ? 0 : correct / n },
    ]),
  );
}
