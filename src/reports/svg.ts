/** Drawings of a report: SVG as text, in the page's own colours, with the figures in their titles. */

import type { Chart, Curve } from './document.js';
import { escapeHtml } from './escape.js';

const width = 640;
const height = 280;
const margin = { left: 56, right: 12, top: 12, bottom: 40 };

/** Told apart by the dash as well as by the colour; classes of the page's style sheet. */
const dashes = ['', '7 4', '2 3', '9 3 2 3', '12 4', '4 2 1 2', '1 4', '14 3 2 3 2 3'];

const colorCount = dashes.length;

interface Range {
  low: number;
  high: number;
}

/** Empty for a chart without points. */
export function chartSvg({ title, xLabel, yLabel, curves }: Chart): string {
  const points = curves.flatMap((curve) => curve.points);
  if (points.length === 0) return '';
  const xs = rangeOf(points.map(({ x }) => x));
  const ys = rangeOf(points.flatMap(({ y, low, high }) => [low ?? y, high ?? y]));
  const x = scale(xs, margin.left, width - margin.right);
  const y = scale(ys, height - margin.bottom, margin.top);
  const axes = [
    ...ticks(ys).map(
      (value) =>
        `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(value))}" y2="${at(y(value))}"/><text class="tick" x="${margin.left - 6}" y="${at(y(value) + 4)}" text-anchor="end">${tickText(value)}</text>`,
    ),
    ...ticks(xs).map(
      (value) =>
        `<text class="tick" x="${at(x(value))}" y="${height - margin.bottom + 16}" text-anchor="middle">${tickText(value)}</text>`,
    ),
    `<text class="label" x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    `<text class="label" transform="rotate(-90 12 ${height / 2})" x="12" y="${height / 2}" text-anchor="middle">${escapeHtml(yLabel)}</text>`,
  ];
  const drawn = curves.map((curve, place) => curveSvg(curve, place % colorCount, x, y));
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(describe(title, curves))}">${axes.join('')}${drawn.join('')}</svg>`;
}

function curveSvg(
  { name, points }: Curve,
  color: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const line = points.map((point) => `${at(x(point.x))},${at(y(point.y))}`).join(' ');
  const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  const edge = (bound: 'low' | 'high') => banded.map((point) => `${at(x(point.x))},${at(y(point[bound]!))}`);
  const band =
    banded.length > 1
      ? `<polygon class="band c${color}" points="${[...edge('high'), ...edge('low').reverse()].join(' ')}"/>`
      : '';
  const mark =
    points.length === 1
      ? `<circle class="mark c${color}" cx="${at(x(points[0]!.x))}" cy="${at(y(points[0]!.y))}" r="3"/>`
      : '';
  return `${band}<polyline class="line c${color}" stroke-dasharray="${dashes[color]}" points="${line}"><title>${escapeHtml(name)}</title></polyline>${mark}`;
}

/** A short stroke for the legend, as the line is drawn. */
export function strokeSvg(place: number): string {
  const color = place % colorCount;
  return `<svg class="stroke" viewBox="0 0 32 8" aria-hidden="true"><line class="line c${color}" stroke-dasharray="${dashes[color]}" x1="0" x2="32" y1="4" y2="4"/></svg>`;
}

const heatmapSize = 224;

/** S of a group: from one colour for opposite directions over none to another for equal ones. */
export function heatmapSvg(similarity: readonly (readonly number[])[], title: string): string {
  const m = similarity.length;
  const cell = heatmapSize / Math.max(1, m);
  const cells = similarity.flatMap((row, i) =>
    row.map((value, j) => {
      const strength = Math.min(1, Math.abs(value)).toFixed(3);
      const place = `x="${at(j * cell)}" y="${at(i * cell)}" width="${at(cell)}" height="${at(cell)}"`;
      return `<rect class="${value < 0 ? 'negative' : 'positive'}" fill-opacity="${strength}" ${place}><title>S of ${i + 1} and ${j + 1}: ${value.toFixed(3)}</title></rect>`;
    }),
  );
  return `<svg class="heatmap" viewBox="0 0 ${heatmapSize} ${heatmapSize}" role="img" aria-label="${escapeHtml(title)}">${cells.join('')}</svg>`;
}

function rangeOf(values: readonly number[]): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) return { low: low - 0.5, high: high + 0.5 };
  return { low, high };
}

const scale =
  ({ low, high }: Range, from: number, to: number) =>
  (value: number) =>
    from + ((value - low) / (high - low)) * (to - from);

const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Round values inside the range, four to eight of them. */
function ticks({ low, high }: Range): number[] {
  const raw = (high - low) / 5;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= raw)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, place) => (first + place) * step);
}

const tickText = (value: number): string => String(Number(value.toPrecision(6)));

function describe(title: string, curves: readonly Curve[]): string {
  const ends = curves
    .filter(({ points }) => points.length > 0)
    .map(({ name, points }) => `${name} ends at ${Number(points.at(-1)!.y.toPrecision(4))}`);
  return `${title}: ${ends.join(', ')}`;
}
