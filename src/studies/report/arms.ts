/** Scores of any runs in groups, each group against the baseline: of a study's arms, or of runs that someone compares. */
import {
  accuracyPosterior,
  areaUnderCurve,
  type Comparison,
  comparisonSentence,
  type MetricScores,
  mean,
  type Posterior,
  type ScoreSummary,
  type SeedScores,
  stepsToReach,
} from '../../statistics/index.js';
import { type Arm, armName, type ScoreMetric } from '../plan/index.js';
import { metricsWithFigures, type ScoredRun, seedScores } from './scores.js';
import { statisticsAside } from './statistics-thread.js';

/** An arm: how many of its seeds are scored, and each score over them. */
export interface ArmReport {
  /** Seeds with a score of the benchmark. */
  n: number;
  seeds: number[];
  scores: Partial<Record<ScoreMetric, ScoreSummary>>;
  /** Bayes@N over problems and the responses of all seeds; null when responses were not kept. */
  posterior: Posterior | null;
  /** Means over seeds, of the score that decides. */
  learning: { areaUnderCurve: number | null; stepsToBaseline: number | null };
}

export interface BenchmarkReport {
  /** By arm: the variant's name, with the grid's values where there is a grid. */
  variants: Record<string, ArmReport>;
  comparisons: Comparison[];
}

/** A group of runs as a study has it; without a grid its point has no settings. */
export type ReportedArm = Pick<Arm, 'name' | 'variant' | 'point'>;

/** The benchmark and the score that decide, and the variant that the others are held against. */
export interface Question {
  benchmark: string;
  metric: ScoreMetric;
  baseline: string;
}

/** What a part of a report is about: its statistics take a second of every score with many problems. */
export interface ReportPart {
  benchmark: string;
  metrics: readonly ScoreMetric[];
}

export interface ArmsReport extends BenchmarkReport {
  /** The benchmark that decides, in words: one sentence for each arm but the baselines. */
  sentence: string;
  sentences: string[];
  /** Further benchmarks. */
  benchmarks: Record<string, BenchmarkReport>;
}

/**
 * The statistics are computed beside this thread.
 * @param scored each seed of an arm at most once
 * @param part leaves out all else
 * @throws the signal's reason when nobody waits any more
 */
export async function reportArms(
  scored: readonly ScoredRun[],
  arms: readonly ReportedArm[],
  { benchmark, metric, baseline }: Question,
  { part = null, signal }: { part?: ReportPart | null; signal?: AbortSignal } = {},
): Promise<ArmsReport> {
  const names = [...new Set(scored.flatMap(({ records }) => [...records.keys()]))];
  const of = (name: string) => {
    const metrics = metricsWithFigures(scored, name);
    const wanted = part ? metrics.filter((one) => part.metrics.includes(one)) : metrics;
    return benchmarkReport(scored, arms, name, { baseline, metric, metrics: wanted, signal });
  };
  const main = await of(part?.benchmark ?? benchmark);
  const sentences = sentencesOf(main, metric);
  const others = part ? [] : names.filter((name) => name !== benchmark);
  const benchmarks: [string, BenchmarkReport][] = [];
  for (const name of others) benchmarks.push([name, await of(name)]);
  return {
    ...main,
    sentence: sentences.length > 0 ? sentences.join(' ') : emptySentence(main, benchmark),
    sentences,
    benchmarks: Object.fromEntries(benchmarks),
  };
}

interface BenchmarkQuestion {
  baseline: string;
  /** The score that decides. */
  metric: ScoreMetric;
  metrics: readonly ScoreMetric[];
  signal: AbortSignal | undefined;
}

async function benchmarkReport(
  scored: readonly ScoredRun[],
  arms: readonly ReportedArm[],
  benchmark: string,
  { baseline, metric, metrics, signal }: BenchmarkQuestion,
): Promise<BenchmarkReport> {
  const runsOf = new Map(
    arms.map((arm) => [arm.name, scored.filter(({ run }) => run.arm.name === arm.name)]),
  );
  const groups = groupsOf(arms, baseline);
  const statistics = await Promise.all(
    metrics.map(async (one) => {
      const rows = [...runsOf].map(([name, runs]) => [name, seedScores(runs, benchmark, one)] as const);
      const scores = new Map(rows.filter((row): row is [string, SeedScores] => row[1] !== null));
      return { metric: one, scores, ...(await statisticsAside({ metric: one, scores, groups }, signal)) };
    }),
  );
  const deciding = statistics.find((one) => one.metric === metric);
  const variants: Record<string, ArmReport> = {};
  for (const arm of arms) {
    const runs = runsOf.get(arm.name)!;
    const seeds = runs.filter(({ records }) => records.has(benchmark)).map(({ run }) => run.seed);
    if (seeds.length === 0) continue;
    const entries = statistics.flatMap(({ metric: one, summaries }) => {
      const summary = summaries.get(arm.name);
      return summary ? [[one, summary] as const] : [];
    });
    const level = deciding?.scores.get(armName(baseline, arm.point, Object.keys(arm.point)));
    variants[arm.name] = {
      n: seeds.length,
      seeds: seeds.sort((a, b) => a - b),
      scores: Object.fromEntries(entries),
      posterior: posteriorOf(runs, benchmark),
      learning: learningOf(runs, benchmark, metric, level ? mean(level.scores) : null),
    };
  }
  return { variants, comparisons: statistics.flatMap(({ comparisons }) => comparisons) };
}

/** At each point of the grid the variants against the baseline of that point. */
function groupsOf(arms: readonly ReportedArm[], baseline: string): MetricScores['groups'] {
  const points = Map.groupBy(arms, ({ point }) => JSON.stringify(point));
  return [...points.values()].flatMap((group) => {
    const reference = group.find(({ variant }) => variant === baseline)?.name;
    return reference === undefined ? [] : [{ baseline: reference, arms: group.map(({ name }) => name) }];
  });
}

/** Over the problems, the responses of all seeds together. */
function posteriorOf(runs: readonly ScoredRun[], benchmark: string): Posterior | null {
  const counts = new Map<string, { correct: number; n: number }>();
  for (const { records } of runs) {
    const problems = records.get(benchmark)?.problems;
    if (!problems) return null;
    for (const { id, n, correct } of problems) {
      const known = counts.get(id) ?? { correct: 0, n: 0 };
      counts.set(id, { correct: known.correct + correct, n: known.n + n });
    }
  }
  const all = [...counts.values()];
  if (all.length === 0) return null;
  return accuracyPosterior(
    all.map(({ correct }) => correct),
    all.map(({ n }) => n),
  );
}

/** @param level the baseline's mean score, which the arm is timed to */
function learningOf(
  runs: readonly ScoredRun[],
  benchmark: string,
  metric: ScoreMetric,
  level: number | null,
): ArmReport['learning'] {
  const curves = runs.map(({ benchmarks }) =>
    benchmarks
      .filter((record) => record.benchmark === benchmark && typeof record[metric] === 'number')
      .map((record) => ({ step: record.step, score: Number(record[metric]) })),
  );
  return {
    areaUnderCurve: meanOfAll(curves.map(areaUnderCurve)),
    stepsToBaseline: level === null ? null : meanOfAll(curves.map((curve) => stepsToReach(curve, level))),
  };
}

/** A mean of some of the seeds would flatter those that never arrive. */
const meanOfAll = (values: readonly (number | null)[]): number | null =>
  values.length > 0 && values.every((value) => value !== null) ? mean(values) : null;

function sentencesOf({ variants, comparisons }: BenchmarkReport, metric: ScoreMetric): string[] {
  return comparisons
    .filter((comparison) => comparison.metric === metric)
    .map((comparison) =>
      comparisonSentence(
        comparison,
        variants[comparison.variant]!.scores[metric]!,
        variants[comparison.baseline]!.scores[metric]!,
      ),
    );
}

function emptySentence({ variants }: BenchmarkReport, benchmark: string): string {
  const names = Object.keys(variants);
  if (names.length === 0) return `No run has finished with a score of ${benchmark} yet.`;
  return `${names.join(', ')}: there is nothing to compare yet.`;
}
