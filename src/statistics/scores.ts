/** What the statistics start from: the score of every seed of a variant, and of every problem behind it where known. */

/** One benchmark and one score of a variant. */
export interface SeedScores {
  /** n seeds, ascending, each once. */
  seeds: readonly number[];
  /** n scores: what the benchmark's record of the seed's run says. */
  scores: readonly number[];
  /** n rows of one value a problem, whose mean is the score; null when a run did not keep its responses. */
  problems: readonly (readonly number[])[] | null;
}

/** Seeds × problems, row by row. Without problems the seed's score stands as its only one. */
export interface ScoreMatrix {
  rows: number;
  columns: number;
  values: Float64Array;
}

function fromRows(rows: readonly (readonly number[])[]): ScoreMatrix {
  const columns = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * columns);
  for (const [row, line] of rows.entries()) {
    if (line.length !== columns)
      throw new RangeError(`row ${row} has ${line.length} problems, not ${columns}`);
    values.set(line, row * columns);
  }
  return { rows: rows.length, columns, values };
}

export function scoreMatrix({ scores, problems }: SeedScores): ScoreMatrix {
  return fromRows(problems ?? scores.map((score) => [score]));
}

/** The seeds that both have, and both scores of them, in the same order. */
export function pairedBySeed(a: SeedScores, b: SeedScores): [SeedScores, SeedScores] {
  const shared = a.seeds.filter((seed) => b.seeds.includes(seed));
  return [only(a, shared), only(b, shared)];
}

function only({ seeds, scores, problems }: SeedScores, shared: readonly number[]): SeedScores {
  const places = shared.map((seed) => seeds.indexOf(seed));
  return {
    seeds: shared,
    scores: places.map((place) => scores[place]!),
    problems: problems && places.map((place) => problems[place]!),
  };
}

/** Whether problems can be paired: both have them, and as many. That they are the same ones the caller sees to. */
export function haveSameProblems(a: SeedScores, b: SeedScores): boolean {
  return a.problems !== null && b.problems !== null && a.problems[0]?.length === b.problems[0]?.length;
}

/** a − b, seed by seed and, where both have them, problem by problem. Both have the same seeds in the same order. */
export function differenceMatrix(a: SeedScores, b: SeedScores): ScoreMatrix {
  const byProblem = haveSameProblems(a, b);
  const [left, right] = [a, b].map((scores) =>
    scoreMatrix(byProblem ? scores : { ...scores, problems: null }),
  ) as [ScoreMatrix, ScoreMatrix];
  return { ...left, values: left.values.map((value, place) => value - right.values[place]!) };
}
