/** The scores of what is compared, as a study's report has them. Pure. */
import { t } from '@vscode/l10n';
import type { ComparedScores, CompareReport } from '../../contract/index.js';
import type { RunSummary } from '../../runs/facts/index.js';
import { isDistinguishable } from '../../statistics/index.js';
import type { StudyFolder } from '../../studies/folder/index.js';
import { scoreMetrics } from '../../studies/plan/index.js';
import {
  type BenchmarkReport,
  type ReportedArm,
  reportArms,
  type ScoreChoice,
  type ScoredRun,
  unlike,
} from '../../studies/report/index.js';
import { type GroupableRun, newestOfEachSeed, type Variant } from './grouping.js';

/** What the scores are of. */
interface Source {
  arms: readonly ReportedArm[];
  /** The benchmark that decides. */
  benchmark: string;
  score: ScoreChoice;
  variants: readonly Variant<GroupableRun & { summary: Pick<RunSummary, 'status'> }>[];
  study: Pick<StudyFolder, 'runs'> | null;
}

/** What decides, in words: the sentences of a study are those of `g2rl study report`. */
export async function compareReport(
  source: Source,
  scored: readonly ScoredRun[],
  baseline: string,
  signal: AbortSignal,
): Promise<CompareReport> {
  const { arms, benchmark, score } = source;
  const { metric } = score;
  const question = { benchmark, metric, baseline };
  const part = { benchmark, metrics: [metric] };
  const report = await reportArms(scored, arms, question, { part, signal });
  return {
    sentences: report.sentences.length > 0 ? report.sentences : [report.sentence],
    notes: [...notesOf(source), ...unlike(scored)],
    metrics: metricsWithFigures(scored),
  };
}

/** One score of one benchmark. */
export async function compareScores(
  source: Source,
  scored: readonly ScoredRun[],
  { baseline, benchmark, metric }: { baseline: string; benchmark: string; metric: string },
  signal: AbortSignal,
): Promise<ComparedScores> {
  const metrics = scoreMetrics.filter((known) => known === metric);
  const question = { benchmark, metric: metrics[0] ?? source.score.metric, baseline };
  const part = { benchmark, metrics };
  return scoresOf(benchmark, await reportArms(scored, source.arms, question, { part, signal }));
}

/** Scores of which any run has a figure on any benchmark. */
const metricsWithFigures = (scored: readonly ScoredRun[]): string[] =>
  scoreMetrics.filter((metric) =>
    scored.some(({ records }) =>
      [...records.values()].some(({ record }) => typeof record[metric] === 'number'),
    ),
  );

function scoresOf(benchmark: string, { variants, comparisons }: BenchmarkReport): ComparedScores {
  return {
    benchmark,
    variants: Object.entries(variants).map(([name, { n, scores }]) => ({ name, n, scores })),
    comparisons: comparisons.map((one) => ({ ...one, distinguishable: isDistinguishable(one) })),
  };
}

function notesOf({ variants, study }: Source): string[] {
  const all = variants.flatMap(({ runs }) => runs);
  const planned = study?.runs.length ?? all.length;
  const finished = all.filter(({ summary }) => summary.status?.state === 'finished').length;
  const repeated = variants.reduce(
    (count, { runs }) => count + runs.length - newestOfEachSeed(runs).length,
    0,
  );
  return [
    ...(finished < planned
      ? [t('{0} of {1} runs have finished: figures will change.', finished, planned)]
      : []),
    ...(repeated > 0
      ? [
          t(
            '{0} runs repeat the seed of another run of their variant: of each seed the newest run counts in the scores.',
            repeated,
          ),
        ]
      : []),
  ];
}
