/** Parts that reports of studies and of runs share: curves, and the groups of a step. */
import { basename, join } from 'node:path';
import { METRICS, type MetricKey } from '../runs/metrics/index.js';
import { rolloutsFile, runFiles } from '../runs/protocol/index.js';
import { GroupIndex, type RunReader, readRollouts } from '../runs/read/index.js';
import { curveBand, type Sample, thinned } from '../statistics/index.js';
import type { Chart, CurvePoint, ReportedGroup } from './document.js';

/** Runs that are drawn as one curve; their series are read. */
export interface CurveOf {
  name: string;
  runs: readonly RunReader[];
}

/** Points of a curve: more are not told apart in print. */
export const mostPoints = 400;

const drawnMetrics: readonly MetricKey[] = [
  'reward',
  'g2rl/similarity_mean',
  'g2rl/no_signal_after',
  'entropy',
  'completions/mean_length',
];

/** Scores of each benchmark and the training metrics that matter most, over steps. */
export function chartsOf(curves: readonly CurveOf[]): Chart[] {
  const benchmarks = new Set(
    curves.flatMap(({ runs }) =>
      runs.flatMap(({ benchmarks: all }) => all.map(({ benchmark }) => benchmark)),
    ),
  );
  const scored = [...benchmarks].map((benchmark) =>
    chart(`pass@1 of ${benchmark}`, 'pass@1', curves, ({ benchmarks: all }) =>
      all
        .filter((record) => record.benchmark === benchmark)
        .map((record) => ({ x: record.step, y: record.pass_at_1 })),
    ),
  );
  const trained = drawnMetrics.map((key) =>
    chart(
      METRICS[key].label,
      METRICS[key].unit === '' ? METRICS[key].short : METRICS[key].unit,
      curves,
      ({ columns }) => {
        const values = columns.column(key);
        const samples = Array.from(columns.column('step') ?? [], (x, place) => ({
          x,
          y: values?.[place] ?? Number.NaN,
        }));
        return thinned(
          samples.filter(({ y }) => Number.isFinite(y)),
          mostPoints,
        );
      },
    ),
  );
  return [...scored, ...trained].filter(({ curves: drawn }) => drawn.some(({ points }) => points.length > 0));
}

function chart(
  title: string,
  yLabel: string,
  curves: readonly CurveOf[],
  samples: (run: RunReader) => Sample[],
): Chart {
  const drawn = curves.map(({ name, runs }) => ({
    name,
    points: curveBand(runs.map(samples)).map(
      ({ x, mean, sd, n }): CurvePoint => ({
        x,
        y: mean,
        n,
        ...(sd !== null && { low: mean - sd, high: mean + sd }),
      }),
    ),
  }));
  return { title, xLabel: 'step', yLabel, curves: drawn };
}

/** Whether any curve has fewer points than its run has steps. */
export const isThinned = (curves: readonly CurveOf[]): boolean =>
  curves.some(({ runs }) => runs.some(({ columns }) => columns.length > mostPoints));

/** Characters of a response, and responses of a group, that a report holds. */
const mostCharacters = 2000;
const mostResponses = 32;

/** The group of the run's last step whose directions overlap most unevenly: the one that shows most. */
export async function chosenGroup(name: string, run: RunReader): Promise<ReportedGroup | null> {
  const index = new GroupIndex(join(run.directory, runFiles.groups));
  await index.read();
  const step = index.steps().at(-1);
  if (step === undefined) return null;
  // What it shows is their geometry, which logs of other programs lack.
  const groups = (await index.groups(step)).filter(({ similarity }) => similarity.length > 0);
  if (groups.length === 0) return null;
  const spread = ({ exploration }: { exploration: number[] }) =>
    Math.max(...exploration) - Math.min(...exploration);
  const group = groups.reduce((best, other) => (spread(other) > spread(best) ? other : best), groups[0]!);
  const rollouts = await readRollouts(rolloutsFile(run.directory, step));
  const texts = rollouts.groups.find((record) => record.group === group.group)?.responses;
  const m = Math.min(group.m, mostResponses);
  return {
    title: `${name}: step ${step}, group ${group.group} of ${basename(run.directory)}${m < group.m ? ` (${m} of its ${group.m} responses)` : ''}`,
    prompt: cut(group.prompt),
    responses: Array.from({ length: m }, (_, place) => ({
      text: cut(texts?.[place]?.text ?? group.answers[place] ?? ''),
      reward: group.rewards[place]!,
      exploration: group.exploration[place]!,
      scaler: group.scalers[place]!,
    })),
    similarity: square(group.similarity, group.m)
      .slice(0, m)
      .map((row) => row.slice(0, m)),
  };
}

const cut = (text: string): string =>
  text.length <= mostCharacters
    ? text
    : `${text.slice(0, mostCharacters)} … ${text.length - mostCharacters} characters more`;

/** S from its upper triangle without the diagonal. */
function square(triangle: readonly number[], m: number): number[][] {
  const rows = Array.from({ length: m }, (_, i) => Array.from({ length: m }, (__, j) => Number(i === j)));
  let place = 0;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      const value = triangle[place++] ?? 0;
      rows[i]![j] = value;
      rows[j]![i] = value;
    }
  }
  return rows;
}
