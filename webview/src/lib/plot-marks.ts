/** What is drawn over the lines of a plot: the chosen step, evaluations and checkpoints, standard errors. */
import type uPlotType from 'uplot';
import { lineColor } from './plot.js';
import type { Values } from './series.js';
import type { Theme } from './theme.svelte.js';

/** Steps at which something happened to the run. */
export interface StepMarks {
  evaluations: ReadonlySet<number>;
  checkpoints: ReadonlySet<number>;
}

/** Signs of the two in texts, as they are drawn. */
export const markSigns = { evaluation: '▲', checkpoint: '■' } as const;

/** Positions on the canvas of those steps that are seen, one for each pixel at most. */
function placesOf(plot: uPlotType, steps: Iterable<number>): Set<number> {
  const { left, width } = plot.bbox;
  const places = new Set<number>();
  for (const step of steps) {
    const x = Math.round(plot.valToPos(step, 'x', true));
    // The step may be outside of what is zoomed into.
    if (x >= left && x <= left + width) places.add(x);
  }
  return places;
}

/** A dashed line at the step that the other pictures show. */
export function drawChosen(plot: uPlotType, step: number, theme: Theme): void {
  const { ctx, bbox } = plot;
  for (const x of placesOf(plot, [step])) {
    ctx.save();
    ctx.strokeStyle = theme.foreground;
    ctx.globalAlpha = 0.5;
    ctx.setLineDash([3, 3]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}

/** Triangles for evaluations and squares for checkpoints, on the axis of steps. */
export function drawMarks(plot: uPlotType, marks: StepMarks, theme: Theme): void {
  const { ctx, bbox } = plot;
  const size = Math.round(4 * devicePixelRatio);
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = theme.muted;
  for (const x of placesOf(plot, marks.checkpoints)) ctx.fillRect(x - size / 2, bottom - size, size, size);
  for (const x of placesOf(plot, marks.evaluations)) {
    const base = bottom - 1.25 * size;
    ctx.beginPath();
    ctx.moveTo(x - 0.8 * size, base);
    ctx.lineTo(x + 0.8 * size, base);
    ctx.lineTo(x, base - 1.4 * size);
    ctx.fill();
  }
  ctx.restore();
}

/** A bar of one standard error up and down at each value. */
export function drawErrors(
  plot: uPlotType,
  steps: readonly number[],
  lines: readonly { values: Values; errors?: Values | undefined }[],
  theme: Theme,
): void {
  const { ctx, bbox } = plot;
  const cap = 3 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineWidth = devicePixelRatio;
  lines.forEach(({ values, errors }, line) => {
    if (!errors) return;
    ctx.strokeStyle = lineColor(theme, line);
    ctx.beginPath();
    steps.forEach((step, index) => {
      const [value, error] = [values[index], errors[index]];
      if (typeof value !== 'number' || typeof error !== 'number') return;
      const x = plot.valToPos(step, 'x', true);
      const [low, high] = [value - error, value + error].map((end) => plot.valToPos(end, 'y', true)) as [
        number,
        number,
      ];
      ctx.moveTo(x, low);
      ctx.lineTo(x, high);
      for (const y of [low, high]) {
        ctx.moveTo(x - cap, y);
        ctx.lineTo(x + cap, y);
      }
    });
    ctx.stroke();
  });
  ctx.restore();
}
