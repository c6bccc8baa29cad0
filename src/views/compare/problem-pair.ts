/** One problem as a run of each of two variants answered it. */
import type { ProblemPair } from '../../contract/index.js';
import type { ProblemOverview } from '../../runs/facts/index.js';
import type { WatchedRun } from '../index.js';

interface EvaluatedRun {
  run: WatchedRun;
  /** Of the evaluation that counts; null without one. */
  step: number | null;
  problems: readonly ProblemOverview[] | null;
}

type Side = ProblemPair['first'];

/** Of the variant that solves it more often the run that does best, of the other the one that does worst. */
export async function pairOf(
  first: readonly EvaluatedRun[],
  second: readonly EvaluatedRun[],
  id: string,
  benchmark: string,
): Promise<ProblemPair> {
  const firstIsBetter = share(first, id) >= share(second, id);
  return {
    first: await sideOf(first, id, benchmark, firstIsBetter),
    second: await sideOf(second, id, benchmark, !firstIsBetter),
  };
}

const of = ({ problems }: EvaluatedRun, id: string) => problems?.find((problem) => problem.id === id);

const rightShare = (problem: ProblemOverview | undefined): number =>
  problem && problem.n > 0 ? problem.correct / problem.n : 0;

function share(runs: readonly EvaluatedRun[], id: string): number {
  const all = runs.flatMap((run) => of(run, id) ?? []);
  return all.reduce((sum, problem) => sum + rightShare(problem), 0) / Math.max(1, all.length);
}

async function sideOf(
  runs: readonly EvaluatedRun[],
  id: string,
  benchmark: string,
  isBest: boolean,
): Promise<Side> {
  const [chosen] = runs
    .filter((run) => of(run, id) !== undefined)
    .sort((a, b) => (isBest ? -1 : 1) * (rightShare(of(a, id)) - rightShare(of(b, id))));
  if (!chosen || chosen.step === null) return null;
  const problem = await chosen.run.problem(chosen.step, benchmark, id);
  const { name, manifest } = chosen.run.summary;
  return problem && { run: name, seed: manifest.seed, problem };
}
