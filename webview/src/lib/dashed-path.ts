/**
 * Lines whose dashes follow the horizontal axis. Along the line itself the dashes of noisy values are dust that no
 * pattern can be seen in, and to draw them takes longer than a frame.
 */
import type uPlotType from 'uplot';

interface Point {
  x: number;
  y: number;
}

/** @param dash pixels with and without ink by turns */
export function dashedAcross(dash: readonly number[]): uPlotType.Series.PathBuilder {
  return (plot, series, from, to) => {
    const stroke = new Path2D();
    const pen = new Pen(stroke, dash, plot.bbox.left);
    const xs = plot.data[0];
    const ys = plot.data[series]!;
    for (let place = from; place <= to; place++) {
      const value = ys[place];
      if (typeof value !== 'number') continue;
      pen.to({ x: plot.valToPos(xs[place]!, 'x', true), y: plot.valToPos(value, 'y', true) });
    }
    return { stroke };
  };
}

class Pen {
  readonly #pattern: readonly number[];
  readonly #period: number;
  #last: Point | null = null;
  #isDown = false;

  constructor(
    private readonly path: Path2D,
    dash: readonly number[],
    private readonly origin: number,
  ) {
    this.#pattern = dash.map((length) => length * devicePixelRatio);
    this.#period = this.#pattern.reduce((sum, length) => sum + length, 0);
  }

  /** On to the next point, which is not left of the one before. */
  to(point: Point): void {
    const last = this.#last;
    this.#last = point;
    if (!last) return;
    const slope = point.x > last.x ? (point.y - last.y) / (point.x - last.x) : 0;
    let x = last.x;
    do {
      const { isInked, end } = this.#partAt(x);
      const next = Math.min(end, point.x);
      if (isInked) {
        if (!this.#isDown) this.path.moveTo(x, last.y + slope * (x - last.x));
        this.path.lineTo(next, next === point.x ? point.y : last.y + slope * (next - last.x));
      }
      this.#isDown = isInked && next < end;
      x = next;
    } while (x < point.x);
  }

  /** Whether there is ink at x, and where that changes. */
  #partAt(x: number): { isInked: boolean; end: number } {
    const start = this.origin + Math.floor((x - this.origin) / this.#period) * this.#period;
    let end = start;
    for (const [place, length] of this.#pattern.entries()) {
      end += length;
      // Rounding must not leave the pen where it is.
      if (end > x + 1e-6) return { isInked: place % 2 === 0, end };
    }
    return { isInked: true, end: end + this.#pattern[0]! };
  }
}
