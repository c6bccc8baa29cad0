/** Pictures that are not charts over steps, as SVG that stands alone. */
import { type Color, divergingColor } from './matrix.js';
import type { Theme } from './theme.svelte.js';

const cell = 16;

/** A similarity matrix, m × m cells, in the order in which it is shown. */
export function matrixSvg(
  matrix: Float64Array,
  m: number,
  order: readonly number[],
  { background }: Pick<Theme, 'background'>,
): string {
  const rgb = (color: Color) => `rgb(${color.join(' ')})`;
  const cells = order.flatMap((row, y) =>
    order.map((column, x) => {
      const value = matrix[row * m + column] ?? 0;
      const place = `x="${x * cell}" y="${y * cell}" width="${cell}" height="${cell}"`;
      return `<rect ${place} fill="${rgb(divergingColor(value, background))}"><title>S(${row + 1}, ${column + 1}) = ${value.toFixed(4)}</title></rect>`;
    }),
  );
  const size = m * cell;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">${cells.join('')}</svg>`;
}

const kept = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-size', 'font-family'];

/** A drawing of the page, its style sheet written into it. */
export function drawnSvg(drawing: SVGSVGElement, { background }: Pick<Theme, 'background'>): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [...drawing.querySelectorAll('*')];
  for (const [place, element] of [...copy.querySelectorAll('*')].entries()) {
    const original = originals[place];
    if (!original) continue;
    const style = getComputedStyle(original);
    const rules = kept.map((name) => `${name}: ${style.getPropertyValue(name)}`);
    element.removeAttribute('class');
    element.setAttribute('style', rules.join('; '));
  }
  const { width, height } = drawing.viewBox.baseVal;
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('style', `background: rgb(${background.join(' ')})`);
  return new XMLSerializer().serializeToString(copy);
}
