/** Intervals that were drawn before, by the scores that they are of. */
import type { ScoreMatrix } from './scores.js';

export interface Interval {
  low: number;
  high: number;
}

/** How an interval is drawn. */
export interface Resampling {
  resamples: number;
  /** Of the generator: the same scores give the same interval, always. */
  seed: number;
  /** 0 to 1. */
  level: number;
}

interface Drawn {
  matrices: readonly ScoreMatrix[];
  resampling: Resampling;
  interval: Interval;
}

/** Holds the newest so many. */
export class Intervals {
  #drawn: Drawn[] = [];

  constructor(private readonly most: number) {}

  /** The interval of these scores: what `draw` gives, which is called when they are new. */
  of(matrices: readonly ScoreMatrix[], resampling: Resampling, draw: () => Interval): Interval {
    const known = this.#drawn.find(
      (one) => isSameResampling(one.resampling, resampling) && areSame(one.matrices, matrices),
    );
    const interval = known?.interval ?? draw();
    const others = this.#drawn.filter((one) => one !== known);
    this.#drawn = [...others.slice(-this.most + 1), { matrices, resampling, interval }];
    return { ...interval };
  }
}

const isSameResampling = (a: Resampling, b: Resampling): boolean =>
  a.resamples === b.resamples && a.seed === b.seed && a.level === b.level;

const areSame = (a: readonly ScoreMatrix[], b: readonly ScoreMatrix[]): boolean =>
  a.length === b.length && a.every((matrix, place) => isSame(matrix, b[place]!));

function isSame(a: ScoreMatrix, b: ScoreMatrix): boolean {
  if (a.rows !== b.rows || a.columns !== b.columns) return false;
  // Bit for bit: −0 and 0 are told apart, NaN is itself.
  return a.values.every((value, place) => Object.is(value, b.values[place]));
}
