/** The similarity heatmap as it is on the screen: its labels and the colour of each cell. */
import type { Locator } from 'playwright-core';

export interface HeatmapPicture {
  step: number;
  group: number;
  /** What the page says that it painted. */
  cells: number;
  /** What it painted: the colour at the middle of each cell, row by row. */
  colors: string[];
}

interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}

/** Reads all of it at one moment, for the page may follow the run to the next step at any time. */
export function readHeatmap(heatmap: Locator): Promise<HeatmapPicture> {
  return heatmap.evaluate(
    (element: { dataset: Record<string, string>; querySelector(s: string): Canvas }) => {
      const { m, cells, step, group } = element.dataset;
      const canvas = element.querySelector('canvas');
      const context = canvas.getContext('2d');
      const count = Number(m);
      const middle = (place: number) => Math.floor(((place + 0.5) * canvas.width) / count);
      const colors: string[] = [];
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < count; column++) {
          colors.push(context.getImageData(middle(column), middle(row), 1, 1).data.join());
        }
      }
      return { step: Number(step), group: Number(group), cells: Number(cells), colors };
    },
  );
}
