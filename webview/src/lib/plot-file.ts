/** A chart of a run as a file: what is seen of it, its title and legend above it, as SVG. */
import type uPlotType from 'uplot';
import { axisTexts, multiples, niceStep, type WriteValue } from './nice.js';
import { dashes, lineColor } from './plot.js';
import type { Values } from './series.js';
import type { Theme } from './theme.svelte.js';

interface Picture {
  title: string;
  /** Titles of the axes; that of the values may be empty. */
  axis: string;
  unit: string;
  plot: uPlotType;
  steps: readonly number[];
  lines: readonly { label: string; values: Values; errors?: Values; smoothed: Values | null }[];
  points: boolean;
  logarithmic: boolean;
  format: WriteValue;
  theme: Theme;
}

const head = 26;
const rowHeight = 18;

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Round values that an axis names, as many as there is room for. */
function ticksOf({ min, max }: uPlotType.Scale, count: number, logarithmic: boolean): number[] {
  if (min === undefined || max === undefined || min === null || max === null || !(max > min)) return [];
  if (!logarithmic) return multiples(niceStep((max - min) / count), min, max);
  const [first, last] = [Math.ceil(Math.log10(min) - 1e-9), Math.floor(Math.log10(max) + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
}

export function plotSvg(picture: Picture): string {
  const { title, axis, unit, plot, lines, logarithmic, format, theme } = picture;
  const ratio = devicePixelRatio;
  const top = head + rowHeight * lines.length;
  const box = {
    left: plot.bbox.left / ratio,
    right: (plot.bbox.left + plot.bbox.width) / ratio,
    top: top + plot.bbox.top / ratio,
    bottom: top + (plot.bbox.top + plot.bbox.height) / ratio,
  };
  const x = (value: number) => box.left + plot.valToPos(value, 'x');
  const y = (value: number) => box.top + plot.valToPos(value, 'y');
  const muted = `fill="${theme.muted}" font-size="11"`;
  const { x: xScale, y: yScale } = plot.scales;
  const values = yScale ? ticksOf(yScale, 5, logarithmic) : [];
  const texts = axisTexts(values, format);
  const grid = [
    ...values.map(
      (value, place) =>
        `<line x1="${at(box.left)}" x2="${at(box.right)}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="${theme.muted}" stroke-opacity="0.25"/><text x="${at(box.left - 6)}" y="${at(y(value) + 4)}" text-anchor="end" ${muted}>${escapeXml(texts[place] ?? '')}</text>`,
    ),
    ...(xScale ? ticksOf(xScale, 8, false) : [])
      .filter(Number.isInteger)
      .map(
        (value) =>
          `<text x="${at(x(value))}" y="${at(box.bottom + 14)}" text-anchor="middle" ${muted}>${value}</text>`,
      ),
  ];
  const drawn = lines.map((line, place) => lineSvg(line, place, picture, x, y));
  const legend = lines.map(({ label }, row) => {
    const middle = head + rowHeight * row + 6;
    return `${stroke(8, 36, middle, row, theme)}<text x="44" y="${middle + 4}" fill="${theme.foreground}">${escapeXml(label)}</text>`;
  });
  const size = { width: plot.width, height: plot.height + top };
  const clip = `<clipPath id="plot"><rect x="${at(box.left)}" y="${at(box.top)}" width="${at(box.right - box.left)}" height="${at(box.bottom - box.top)}"/></clipPath>`;
  const named = unit === '' ? title : `${title} (${unit})`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" style="font: 12px system-ui, sans-serif"><rect width="100%" height="100%" fill="rgb(${theme.background.join(' ')})"/>${clip}<text x="8" y="16" font-weight="600" fill="${theme.foreground}">${escapeXml(named)}</text>${legend.join('')}${grid.join('')}<text x="${at((box.left + box.right) / 2)}" y="${at(box.bottom + 28)}" text-anchor="middle" ${muted}>${escapeXml(axis)}</text><g clip-path="url(#plot)">${drawn.join('')}</g></svg>`;
}

const dashOf = (place: number): string => dashes[place % dashes.length]?.join(' ') ?? '';

const stroke = (from: number, to: number, y: number, place: number, theme: Theme): string =>
  `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${lineColor(theme, place)}" stroke-width="2.5" stroke-dasharray="${dashOf(place)}"/>`;

function lineSvg(
  { values, errors, smoothed }: Picture['lines'][number],
  place: number,
  { steps, points, logarithmic, theme }: Picture,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const color = lineColor(theme, place);
  const known = (series: Values) =>
    steps.flatMap((step, index) => {
      const value = series[index];
      const isDrawn = typeof value === 'number' && Number.isFinite(value) && !(logarithmic && value <= 0);
      return isDrawn ? [{ step, value, index }] : [];
    });
  const polyline = (series: Values, style: string) =>
    `<polyline fill="none" stroke="${color}" ${style} points="${known(series)
      .map(({ step, value }) => `${at(x(step))},${at(y(value))}`)
      .join(' ')}"/>`;
  const marks = known(smoothed ?? values).flatMap(({ step, value, index }) => {
    const error = errors?.[index];
    const bar =
      typeof error === 'number'
        ? `<line x1="${at(x(step))}" x2="${at(x(step))}" y1="${at(y(value - error))}" y2="${at(y(value + error))}" stroke="${color}"/>`
        : '';
    return points ? [`${bar}<circle cx="${at(x(step))}" cy="${at(y(value))}" r="3.5" fill="${color}"/>`] : [];
  });
  return [
    smoothed ? polyline(values, 'stroke-opacity="0.35"') : '',
    polyline(smoothed ?? values, `stroke-width="1.75" stroke-dasharray="${dashOf(place)}"`),
    ...marks,
  ].join('');
}
