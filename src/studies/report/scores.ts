/** The scores of a study's runs, seed by seed and problem by problem. */
import { basename } from 'node:path';
import { unsaid } from '../../runs/facts/index.js';
import { type BenchmarkRecord, RunFileError } from '../../runs/protocol/index.js';
import { RunReader } from '../../runs/read/index.js';
import { mean, type SeedScores } from '../../statistics/index.js';
import { passAtK } from '../../tasks/index.js';
import { type ScoreMetric, type Study, scoreMetrics } from '../plan/index.js';

/** A run that is scored: one seed of an arm. */
export interface ScorableRun {
  arm: { name: string };
  seed: number;
  /** Absolute folder; null before it was begun. */
  directory: string | null;
}

/** What scores are read from: of a run that was opened, or of one that is watched anyway. */
type ScoreSource = Pick<RunReader, 'summary' | 'benchmarks' | 'evaluation'>;

/** One run with the record that counts of each benchmark. */
export interface ScoredRun {
  run: ScorableRun;
  /** By benchmark. */
  records: ReadonlyMap<string, ScoredRecord>;
  /** All records, for learning curves. */
  benchmarks: readonly BenchmarkRecord[];
  reader: ScoreSource;
}

export interface ScoredRecord {
  record: BenchmarkRecord;
  /** Counts of each problem in the order of their ids; null when the responses were not kept. */
  problems: readonly ProblemCounts[] | null;
}

interface ProblemCounts {
  id: string;
  n: number;
  correct: number;
  majority: number;
}

/** Reads a run of a study. Null when its folder cannot be read. @throws any other error */
export async function readScoredRun(run: ScorableRun, score: ScoreChoice): Promise<ScoredRun | null> {
  if (run.directory === null) return null;
  try {
    return await scoreRun(run, await RunReader.open(run.directory), score);
  } catch (error) {
    if (error instanceof RunFileError) return null;
    throw error;
  }
}

/** Which evaluation of each benchmark counts. */
export type ScoreChoice = Pick<Study['score'], 'step' | 'metric'>;

/** The scores of a run that is read already. */
export async function scoreRun(
  run: ScorableRun,
  reader: ScoreSource,
  score: ScoreChoice,
): Promise<ScoredRun> {
  const records = new Map<string, ScoredRecord>();
  for (const [benchmark, all] of Map.groupBy(reader.benchmarks, ({ benchmark }) => benchmark)) {
    const record = recordOf(all, score);
    if (record) records.set(benchmark, { record, problems: await problemsOf(reader, record) });
  }
  return { run, records, benchmarks: reader.benchmarks, reader };
}

/** The record that counts: of equals with the best score the earliest. */
function recordOf(
  records: readonly BenchmarkRecord[],
  { step, metric }: ScoreChoice,
): BenchmarkRecord | null {
  if (typeof step === 'number') return records.find((record) => record.step === step) ?? null;
  if (step === 'last') return records.at(-1) ?? null;
  return records.reduce((best, record) => ((record[metric] ?? 0) > (best[metric] ?? 0) ? record : best));
}

async function problemsOf(
  reader: ScoreSource,
  { step, benchmark }: BenchmarkRecord,
): Promise<ProblemCounts[] | null> {
  try {
    const problems = await reader.evaluation(step, benchmark);
    return problems
      .map(({ id, n, correct, majority }) => ({ id, n, correct, majority }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  } catch (error) {
    if (error instanceof RunFileError) return null;
    throw error;
  }
}

/** A score of each problem, whose mean is the benchmark's; null where the counts do not say it. */
const byProblem: Partial<Record<ScoreMetric, (problem: ProblemCounts, k: number) => number>> = {
  pass_at_1: ({ n, correct }) => correct / n,
  pass_at_k: ({ n, correct }, k) => passAtK(n, correct, Math.min(k, n)),
  maj_at_k: ({ majority }) => majority,
};

/** Problems' values that do not add up to the record are of other responses. */
const tolerance = 1e-6;

function problemScores({ record, problems }: ScoredRecord, metric: ScoreMetric): number[] | null {
  const score = byProblem[metric];
  if (!score || !problems || problems.some(({ n }) => n < 1)) return null;
  const values = problems.map((problem) => score(problem, record.k));
  return Math.abs(mean(values) - Number(record[metric])) < tolerance ? values : null;
}

/** One metric of one arm over its scored runs, seeds ascending; null without any. */
export function seedScores(
  runs: readonly ScoredRun[],
  benchmark: string,
  metric: ScoreMetric,
): SeedScores | null {
  const scored = runs
    .map(({ run, records }) => ({ seed: run.seed, scored: records.get(benchmark) }))
    .filter(
      (one): one is { seed: number; scored: ScoredRecord } => typeof one.scored?.record[metric] === 'number',
    )
    .sort((a, b) => a.seed - b.seed);
  if (scored.length === 0) return null;
  const rows = scored.map((one) => problemScores(one.scored, metric));
  const ids = scored.map((one) => JSON.stringify(one.scored.problems?.map(({ id }) => id) ?? null));
  const complete = rows.every((row) => row !== null) && new Set(ids).size === 1;
  return {
    seeds: scored.map(({ seed }) => seed),
    scores: scored.map((one) => Number(one.scored.record[metric])),
    problems: complete ? rows : null,
  };
}

/** Metrics of which any run has a figure. */
export function metricsWithFigures(runs: readonly ScoredRun[], benchmark: string): ScoreMetric[] {
  return scoreMetrics.filter((metric) =>
    runs.some(({ records }) => typeof records.get(benchmark)?.record[metric] === 'number'),
  );
}

/** Where the runs of a study are not alike although the study does not say so. */
export function unlike(runs: readonly ScoredRun[]): string[] {
  const notes: string[] = [];
  const facts: [string, (run: ScoredRun) => string | undefined][] = [
    ['starting policies', ({ reader }) => reader.summary.manifest.policyChecksum],
    ['versions of G2RL Lab', ({ reader }) => reader.summary.manifest.versions?.['g2rl-lab']],
    ['devices', ({ reader }) => reader.summary.manifest.device],
  ];
  for (const [what, of] of facts) {
    // Logs of other programs say none of it.
    const known = runs.filter((run) => ![undefined, '', unsaid].includes(of(run)));
    const values = Map.groupBy(known, of);
    if (values.size < 2) continue;
    const examples = [...values.values()].map(([first]) => basename(first!.run.directory!)).slice(0, 2);
    notes.push(`The runs have ${values.size} different ${what}, for instance ${examples.join(' and ')}.`);
  }
  return notes;
}
