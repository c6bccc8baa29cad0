import type uPlotType from 'uplot';
import { expect, test } from 'vitest';
import { dashedAcross } from '../../webview/src/lib/dashed-path.js';

/** The columns with ink of a line that is drawn one canvas pixel thick, from a plot that maps values to pixels as they are. */
function inkedColumns(points: readonly (readonly [number, number | null])[], dash: number[]): number[] {
  const plot = {
    bbox: { left: 0, top: 0, width: 100, height: 40 },
    data: [points.map(([x]) => x), points.map(([, y]) => y)],
    valToPos: (value: number) => value,
  } as unknown as uPlotType;
  const canvas = document.createElement('canvas');
  canvas.width = 100;
  canvas.height = 40;
  const context = canvas.getContext('2d')!;
  const paths = dashedAcross(dash)(plot, 1, 0, points.length - 1);
  context.lineWidth = 2;
  context.stroke(paths!.stroke as Path2D);
  const { data } = context.getImageData(0, 0, 100, 40);
  return Array.from({ length: 100 }, (_, column) => column).filter((column) =>
    Array.from({ length: 40 }, (_, row) => data[4 * (row * 100 + column) + 3]!).some((alpha) => alpha > 128),
  );
}

const expected = (width: number, [on, off]: [number, number]) =>
  Array.from({ length: width }, (_, column) => column).filter((column) => column % (on + off) < on);

test('dashes are as wide as they are told, whatever the line does', () => {
  const scale = devicePixelRatio;
  const flat = [
    [0, 20],
    [90, 20],
  ] as const;
  const noisy = Array.from({ length: 91 }, (_, x) => [x, x % 2 === 0 ? 5 : 35] as const);
  const wanted = expected(90, [6 * scale, 3 * scale]);
  expect(inkedColumns(flat, [6, 3])).toEqual(wanted);
  // A steep line is a little wider than its middle.
  const seen = new Set(inkedColumns(noisy, [6, 3]));
  expect(wanted.filter((column) => !seen.has(column))).toEqual([]);
  expect(seen.size).toBeLessThan(90);
});

test('what is missing is passed over, and two values at one place are joined', () => {
  const columns = inkedColumns(
    [
      [0, 10],
      [2, null],
      [5, 10],
      [5, 30],
    ],
    [100, 3],
  );
  expect(columns.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
});
