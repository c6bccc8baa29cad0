/** The scores of what is compared, as a study's report has them. Pure. */
import { t } from '@vscode/l10n';
import type { ComparedScores, CompareReport } from '../../contract/index.js';
import { isDistinguishable } from '../../statistics/index.js';
import { type BenchmarkReport, reportArms, type ScoredRun, unlike } from '../../studies/report/index.js';
import type { Comparison } from './comparison.js';
import { newestOfEachSeed } from './grouping.js';

type Source = Pick<Comparison, 'arms' | 'benchmark' | 'score' | 'variants' | 'study'>;

/** The sentences of a study are those of `g2rl study report`. */
export function compareReport(source: Source, scored: readonly ScoredRun[], baseline: string): CompareReport {
  const { arms, benchmark, score } = source;
  const report = reportArms(scored, arms, { benchmark, metric: score.metric, baseline });
  return {
    sentences: report.sentences.length > 0 ? report.sentences : [report.sentence],
    notes: [...notesOf(source), ...unlike(scored)],
    benchmarks: [
      scoresOf(benchmark, report),
      ...Object.entries(report.benchmarks).map(([name, other]) => scoresOf(name, other)),
    ],
  };
}

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
