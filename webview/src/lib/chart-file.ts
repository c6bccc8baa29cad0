/** A chart as it is on the screen, as a file: SVG, and PNG drawn from it. */
import type uPlotType from 'uplot';
import type { Curves } from '../../../src/contract/index.js';
import { dashOf, lineColor } from './plot.js';
import type { Ticks } from './plot-frame.js';
import type { Theme } from './theme.svelte.js';

interface Picture {
  title: string;
  axis: string;
  unit: string;
  plot: uPlotType;
  curves: Curves;
  ticks: Ticks;
  shown: readonly boolean[];
  /** Of the variants' colours and dashes. */
  places: readonly number[];
  baseline: readonly boolean[];
  theme: Theme;
}

const head = 26;
const rowHeight = 18;
const font = '12px system-ui, sans-serif';

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const at = (value: number): string => String(Math.round(value * 10) / 10);

/** The whole picture, legend included. */
export function chartSvg({
  title,
  axis,
  unit,
  plot,
  curves,
  ticks,
  shown,
  places,
  baseline,
  theme,
}: Picture): string {
  const ratio = devicePixelRatio;
  const box = {
    left: plot.bbox.left / ratio,
    top: plot.bbox.top / ratio,
    width: plot.bbox.width / ratio,
    height: plot.bbox.height / ratio,
  };
  const entries = curves.variants.flatMap((variant, index) =>
    shown[index] ? [{ variant, place: places[index] ?? index, isBaseline: baseline[index] }] : [],
  );
  const top = head + rowHeight * entries.length;
  const size = { width: plot.width, height: plot.height + top };
  const x = (value: number) => box.left + plot.valToPos(value, 'x');
  const y = (value: number) => top + box.top + plot.valToPos(value, 'y');
  const points = (values: Float64Array) =>
    Array.from(curves.x, (position, index) => [position, values[index]!] as const)
      .filter(([, value]) => !Number.isNaN(value))
      .map(([position, value]) => `${at(x(position))},${at(y(value))}`)
      .filter((point) => !point.includes('NaN') && !point.includes('Infinity'));
  const muted = `fill="${theme.muted}" font-size="11"`;
  const lines = entries.map(({ variant, place, isBaseline }) => {
    const color = lineColor(theme, place);
    const dash = dashOf(place).join(' ');
    const band = [...points(variant.high), ...points(variant.low).reverse()].join(' ');
    const single = variant.runs.map(
      ({ values }) =>
        `<polyline fill="none" stroke="${color}" stroke-opacity="0.45" stroke-width="0.75" points="${points(values).join(' ')}"/>`,
    );
    return `<polygon fill="${color}" fill-opacity="0.16" points="${band}"/>${single.join('')}<polyline fill="none" stroke="${color}" stroke-width="${isBaseline ? 3.25 : 2}" stroke-dasharray="${dash}" points="${points(variant.smoothed ?? variant.mean).join(' ')}"/>`;
  });
  const legend = entries.map(({ variant, place, isBaseline }, row) => {
    const middle = head + rowHeight * row + 6;
    const text = `${variant.name} (n = ${variant.most})${isBaseline ? ', baseline' : ''}`;
    return `<line x1="8" x2="36" y1="${middle}" y2="${middle}" stroke="${lineColor(theme, place)}" stroke-width="2.5" stroke-dasharray="${dashOf(place).join(' ')}"/><text x="44" y="${middle + 4}" fill="${theme.foreground}">${escapeXml(text)}</text>`;
  });
  const right = box.left + box.width;
  const bottom = top + box.top + box.height;
  const grid = [
    ...ticks.y.map(
      ({ value, text }) =>
        `<line x1="${at(box.left)}" x2="${at(right)}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="${theme.muted}" stroke-opacity="0.25"/><text x="${at(box.left - 6)}" y="${at(y(value) + 4)}" text-anchor="end" ${muted}>${escapeXml(text)}</text>`,
    ),
    ...ticks.x.map(
      ({ value, text }) =>
        `<text x="${at(x(value))}" y="${at(bottom + 14)}" text-anchor="middle" ${muted}>${escapeXml(text)}</text>`,
    ),
  ];
  const background = `rgb(${theme.background.join(' ')})`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" style="font: ${font}"><rect width="100%" height="100%" fill="${background}"/><clipPath id="plot"><rect x="${at(box.left)}" y="${at(top + box.top)}" width="${at(box.width)}" height="${at(box.height)}"/></clipPath><text x="8" y="16" font-weight="600" fill="${theme.foreground}">${escapeXml(unit === '' ? title : `${title} (${unit})`)}</text>${legend.join('')}${grid.join('')}<text x="${at((box.left + right) / 2)}" y="${at(bottom + 28)}" text-anchor="middle" ${muted}>${escapeXml(axis)}</text><g clip-path="url(#plot)">${lines.join('')}</g></svg>`;
}

/** UTF-8 as base64. */
export function base64Of(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Twice as fine as on the screen. @returns base64 */
export async function pngOf(svg: string): Promise<string> {
  const image = new Image();
  image.src = `data:image/svg+xml;base64,${base64Of(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * image.width;
  canvas.height = 2 * image.height;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
