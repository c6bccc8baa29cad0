/** Everything that is said of one score of one benchmark: what takes long, in one piece that can be worked elsewhere. */
import { type Comparison, compareWithBaseline, type ScoreSummary, summarize } from './compare.js';
import type { SeedScores } from './scores.js';

/** Plain data: it goes to another thread. */
export interface MetricScores {
  metric: string;
  /** By arm. Each has at least one seed. */
  scores: ReadonlyMap<string, SeedScores>;
  /** Arms that are held against one of them: at each point of a grid its baseline. */
  groups: readonly { baseline: string; arms: readonly string[] }[];
}

export interface MetricStatistics {
  /** By arm. */
  summaries: Map<string, ScoreSummary>;
  comparisons: Comparison[];
}

export function metricStatistics({ metric, scores, groups }: MetricScores): MetricStatistics {
  return {
    summaries: new Map([...scores].map(([arm, one]) => [arm, summarize(one)])),
    comparisons: groups.flatMap(({ baseline, arms }) => {
      const members = new Map([...scores].filter(([arm]) => arms.includes(arm)));
      return compareWithBaseline(metric, members, baseline);
    }),
  };
}
