/** One problem as a run of each of two variants answered it. */
import type { AnsweredProblem, ProblemPair } from '../../contract/index.js';
import type { ProblemOverview } from '../../runs/facts/index.js';
import type { WatchedRun } from '../index.js';

interface EvaluatedRun {
  run: WatchedRun;
  /** Of the evaluation that counts; null without one. */
  step: number | null;
  problems: readonly ProblemOverview[] | null;
}

interface PairQuestion {
  benchmark: string;
  /** Of the problem. */
  id: string;
  /** Ids of runs; of an empty one the run that shows the difference best. */
  firstRun: string;
  secondRun: string;
}

/** Of the variant that solves it more often the run that does best, of the other the one that does worst. */
export async function pairOf(
  first: readonly EvaluatedRun[],
  second: readonly EvaluatedRun[],
  { benchmark, id, firstRun, secondRun }: PairQuestion,
): Promise<ProblemPair> {
  const firstIsBetter = share(first, id) >= share(second, id);
  const side = async (runs: readonly EvaluatedRun[], wanted: string, isBest: boolean) => {
    const chosen = runs.find(({ run }) => run.summary.id === wanted) ?? telling(runs, id, isBest);
    return chosen && of(chosen, id) ? answered(chosen, benchmark, id) : null;
  };
  return {
    first: await side(first, firstRun, firstIsBetter),
    second: await side(second, secondRun, !firstIsBetter),
  };
}

const of = ({ problems }: EvaluatedRun, id: string) => problems?.find((problem) => problem.id === id);

const rightShare = (problem: ProblemOverview | undefined): number =>
  problem && problem.n > 0 ? problem.correct / problem.n : 0;

function share(runs: readonly EvaluatedRun[], id: string): number {
  const all = runs.flatMap((run) => of(run, id) ?? []);
  return all.reduce((sum, problem) => sum + rightShare(problem), 0) / Math.max(1, all.length);
}

function telling(runs: readonly EvaluatedRun[], id: string, isBest: boolean): EvaluatedRun | undefined {
  return runs
    .filter((run) => of(run, id) !== undefined)
    .sort((a, b) => (isBest ? -1 : 1) * (rightShare(of(a, id)) - rightShare(of(b, id))))[0];
}

async function answered(
  { run, step }: EvaluatedRun,
  benchmark: string,
  id: string,
): Promise<AnsweredProblem | null> {
  const problem = step === null ? null : await run.problem(step, benchmark, id);
  const { summary } = run;
  return problem && { id: summary.id, run: summary.name, seed: summary.manifest.seed, problem };
}
