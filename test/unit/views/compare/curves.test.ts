import { expect, test } from 'vitest';
import { SeriesColumns } from '../../../../src/series/columns.js';
import { curveBand } from '../../../../src/statistics/curves.js';
import { bandOf, evenGrid, interpolated } from '../../../../src/views/compare/band.js';
import {
  cutCurves,
  type NamedRunCurve,
  type VariantRuns,
  wholeCurves,
} from '../../../../src/views/compare/curves.js';
import { RunColumns } from '../../../../src/views/compare/run-columns.js';
import { benchmarkRecord } from '../../runs/records.js';
import { metricsLine, runOf } from '../fixtures.js';

const options = { shared: true, band: 'sd', smoothing: 0 } as const;

function curve(seed: number, points: readonly (readonly [number, number])[]): NamedRunCurve {
  return {
    id: `run-${seed}`,
    seed,
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => y),
  };
}

/** Noise that is the same every time. */
const noise = (place: number) => Math.sin(place * 12.9898) * 0.5;

function variant(name: string, runs: number, length: (run: number) => number): VariantRuns {
  return {
    name,
    runs: Array.from({ length: runs }, (_, run) =>
      curve(
        run,
        Array.from({ length: length(run) }, (__, step) => [step + 1, noise(step + 1000 * run)] as const),
      ),
    ),
  };
}

test('mean, deviation, n and bounds are those of the band over seeds, also where runs end early', () => {
  const of = variant('a', 4, (run) => 10 + 3 * run);
  const expected = curveBand(
    of.runs.map(({ x, y }) => Array.from(x, (at, place) => ({ x: at, y: y[place]! }))),
  );
  const { x, variants } = wholeCurves([of], options);
  const [whole] = variants;
  expect(Array.from(x)).toEqual(expected.map((point) => point.x));
  expect(Array.from(whole!.n)).toEqual(expected.map(({ n }) => n));
  for (const [place, { mean, sd }] of expected.entries()) {
    expect(whole!.mean[place]).toBeCloseTo(mean, 12);
    expect(whole!.high[place]! - whole!.mean[place]!).toBeCloseTo(sd ?? 0, 12);
  }
  const range = wholeCurves([of], { ...options, band: 'range' }).variants[0]!;
  expect(Array.from(range.low)).toEqual(expected.map(({ min }) => min));
  expect(Array.from(range.high)).toEqual(expected.map(({ max }) => max));
  expect(whole!.falls).toEqual([
    { x: 10, n: 3 },
    { x: 13, n: 2 },
    { x: 16, n: 1 },
  ]);
  expect(whole!.most).toBe(4);
});

test('the standard error and the interval of the mean of known values', () => {
  const columns = [1, 2, 3, 4, 5].map((value) => Float64Array.of(value));
  const reach = (kind: 'se' | 'interval') => bandOf(columns, 1, kind).high[0]! - 3;
  expect(reach('se')).toBeCloseTo(Math.sqrt(2.5 / 5), 12);
  // t(0.975; 4) = 2.776.
  expect(reach('interval')).toBeCloseTo(2.776 * Math.sqrt(0.5), 12);
});

test('variants with other steps share the axis; what a run lacks is a gap', () => {
  const { x, variants } = wholeCurves(
    [
      {
        name: 'a',
        runs: [
          curve(0, [
            [1, 1],
            [3, 3],
          ]),
        ],
      },
      {
        name: 'b',
        runs: [
          curve(0, [
            [2, 20],
            [3, Number.NaN],
          ]),
        ],
      },
    ],
    options,
  );
  expect(Array.from(x)).toEqual([1, 2, 3]);
  expect(Array.from(variants[0]!.mean)).toEqual([1, Number.NaN, 3]);
  expect(Array.from(variants[1]!.mean)).toEqual([Number.NaN, 20, Number.NaN]);
  expect(Array.from(variants[1]!.n)).toEqual([0, 1, 0]);
});

test('all of a few points is exact; of many the extremes of each column of pixels remain', () => {
  const whole = wholeCurves([variant('a', 3, () => 20_000), variant('b', 2, () => 20_000)], options);
  const all = cutCurves(whole, { from: null, to: null, width: 300, singles: true });
  expect(all.exact).toBe(false);
  expect(all.x).toHaveLength(600);
  expect(all.extent).toEqual([1, 20_000]);
  for (const [place, one] of whole.variants.entries()) {
    const cut = all.variants[place]!;
    expect(Math.max(...cut.mean)).toBe(Math.max(...one.mean));
    expect(Math.min(...cut.mean)).toBe(Math.min(...one.mean));
    expect(Math.max(...cut.high)).toBe(Math.max(...one.high));
    expect(Math.min(...cut.low)).toBe(Math.min(...one.low));
    expect(cut.runs.map(({ values }) => values.length)).toEqual(one.sources.map(() => 600));
  }
  const part = cutCurves(whole, { from: 100, to: 200, width: 300, singles: false });
  expect(part.exact).toBe(true);
  // And one on each side, so that the lines reach the edges.
  expect([part.x[0], part.x.at(-1)]).toEqual([99, 201]);
  expect(part.variants[0]!.mean).toEqual(whole.variants[0]!.mean.slice(98, 201));
  expect(part.variants[0]!.runs).toEqual([]);
});

test('on an axis that runs do not share they are compared between their points, and never beyond them', () => {
  const grid = evenGrid(
    [
      curve(0, [
        [0, 0],
        [10, 10],
      ]),
      curve(1, [
        [0, 0],
        [20, 40],
      ]),
    ],
    5,
  );
  expect(Array.from(grid)).toEqual([0, 5, 10, 15, 20]);
  expect(
    Array.from(
      interpolated(
        curve(0, [
          [0, 0],
          [10, 10],
        ]),
        grid,
      ),
    ),
  ).toEqual([0, 5, 10, Number.NaN, Number.NaN]);
  expect(
    Array.from(
      interpolated(
        curve(1, [
          [0, 0],
          [8, Number.NaN],
          [20, 40],
        ]),
        grid,
      ),
    ),
  ).toEqual([0, 10, 20, 30, 40]);
});

test('smoothing keeps the first point and the raw mean beside it', () => {
  const { variants } = wholeCurves(
    [
      {
        name: 'a',
        runs: [
          curve(0, [
            [1, 1],
            [2, 0],
            [3, 0],
          ]),
        ],
      },
    ],
    {
      ...options,
      smoothing: 0.5,
    },
  );
  const [one] = variants;
  expect(Array.from(one!.mean)).toEqual([1, 0, 0]);
  expect(one!.smoothed![0]).toBe(1);
  expect(one!.smoothed![1]).toBeCloseTo(1 / 3, 12);
});

test('a growing run is read where it grew; of a step that is written again the later line counts', () => {
  const view = {
    ...runOf({ steps: 3, benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(2, 0.5)] }),
    columns: new SeriesColumns(),
  };
  view.columns.append([1, 2, 3].map((step) => metricsLine(step)));
  const columns = new RunColumns(view);
  const reward = (axis: 'step' | 'tokens' | 'time' = 'step') =>
    columns.curve({ benchmark: '', metric: 'reward' }, axis);
  expect(Array.from(reward().x)).toEqual([1, 2, 3]);
  const before = reward();
  view.columns.append([metricsLine(4, { reward: 7 })]);
  expect(Array.from(reward().y).at(-1)).toBe(7);
  expect(before.x).toHaveLength(3);
  view.columns.append([metricsLine(3, { reward: 9 })]);
  expect(Array.from(reward().y).at(-2)).toBe(9);
  expect(Array.from(reward('tokens').x)).toEqual([1000, 2000, 3000, 4000]);
  // Seconds of training, without pauses.
  expect(Array.from(reward('time').x, (value) => Number(value.toFixed(6)))).toEqual([1.1, 2.2, 3.3, 4.4]);
  const score = columns.curve({ benchmark: 'countdown-test', metric: 'pass_at_1' }, 'tokens');
  expect([Array.from(score.x), Array.from(score.y)]).toEqual([
    [0, 2000],
    [0.4, 0.5],
  ]);
});

test('what grew is computed again, the rest is the same: as if all of it were new', () => {
  const first = variant('a', 3, () => 50);
  const second = variant('b', 2, () => 40);
  const draw = { ...options, smoothing: 0.5 };
  const before = wholeCurves([first, second], draw);
  expect(wholeCurves([first, second], draw, before).variants[0]).toBe(before.variants[0]);
  // One run of the second goes on, beyond the first's.
  const grown = { ...second, runs: [second.runs[0]!, variant('b', 2, () => 60).runs[1]!] };
  const after = wholeCurves([first, grown], draw, before);
  const fresh = wholeCurves([first, grown], draw);
  const parts = (whole: typeof after) =>
    cutCurves(whole, { from: null, to: null, width: 300, singles: true });
  expect(parts(after)).toEqual(parts(fresh));
  expect(after.variants[0]!.sources).toBe(first.runs);
  // Steps before the others' move everything.
  const moved = { ...grown, runs: [curve(0, [[0, 1]]), ...grown.runs] };
  expect(parts(wholeCurves([first, moved], draw, after))).toEqual(parts(wholeCurves([first, moved], draw)));
});

test('a curve is the same object until its run has something new', () => {
  const view = { ...runOf({ steps: 3 }), columns: new SeriesColumns() };
  view.columns.append([1, 2, 3].map((step) => metricsLine(step)));
  const columns = new RunColumns(view);
  const reward = () => columns.curve({ benchmark: '', metric: 'reward' }, 'step');
  const before = reward();
  expect(reward()).toBe(before);
  expect(columns.curve({ benchmark: '', metric: 'reward' }, 'tokens')).not.toBe(before);
  view.columns.append([metricsLine(4)]);
  expect(reward()).not.toBe(before);
});
