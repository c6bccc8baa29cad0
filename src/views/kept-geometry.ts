/** The distribution of S of an evaluation that was recorded without it, from the pairs that its problems keep. */
import type { KeptGeometry } from '../contract/index.js';
import { logDeterminant, similarityHistogram } from '../g2rl/index.js';
import type { EvaluatedProblem } from '../runs/protocol/index.js';
import type { WatchedRun } from './run-feed.js';

type Source = Pick<WatchedRun, 'evaluation' | 'problem'>;

/** Null when no pairs were kept. Problems are read one after the other: they may hold megabytes. @throws {RunFileError} */
export async function keptGeometry(
  run: Source,
  step: number,
  benchmark: string,
): Promise<KeptGeometry | null> {
  const histograms: number[][] = [];
  const logDeterminants: number[] = [];
  for (const { id } of await run.evaluation(step, benchmark)) {
    const problem = await run.problem(step, benchmark, id);
    const pairs = problem?.similarity;
    if (!problem || !Array.isArray(pairs) || pairs.length === 0) continue;
    histograms.push(similarityHistogram(pairs));
    logDeterminants.push(logDeterminantOf(problem, pairs));
  }
  if (!histograms[0]) return null;
  const logdet = logDeterminants.reduce((sum, value) => sum + value, 0) / logDeterminants.length;
  return {
    histogram: histograms[0].map((_, bin) => histograms.reduce((sum, counts) => sum + counts[bin]!, 0)),
    logdet: Number.isFinite(logdet) ? logdet : null,
  };
}

/** NaN where not all pairs are kept. A response that overlaps with no other to four digits has no direction. */
function logDeterminantOf({ n }: EvaluatedProblem, pairs: readonly number[]): number {
  if (pairs.length !== (n * (n - 1)) / 2) return Number.NaN;
  const similarity = new Float64Array(n * n);
  let place = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const value = pairs[place++]!;
      similarity[i * n + j] = value;
      similarity[j * n + i] = value;
      if (value !== 0) similarity[i * n + i] = similarity[j * n + j] = 1;
    }
  }
  return logDeterminant(similarity, n);
}
