/** Curves of a watched run, from its columns. */
import type { CurveAxis } from '../../contract/index.js';
import { lowerBound } from '../../series/index.js';
import type { WatchedRun } from '../index.js';
import type { NamedRunCurve } from './curves.js';

type Source = Pick<WatchedRun, 'summary' | 'columns' | 'benchmarks'>;

/** A metric by its name, or a score of a benchmark. */
export interface CurveKey {
  benchmark: string;
  metric: string;
}

const numberOf = (record: object, name: string): number => {
  const value = (record as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
};

/** Points that have a place on the axis: a run may not count its tokens. */
function placed(x: Float64Array, y: Float64Array): { x: Float64Array; y: Float64Array } {
  if (!x.some((value) => Number.isNaN(value))) return { x, y };
  return {
    x: x.filter((value) => !Number.isNaN(value)),
    y: y.filter((_, place) => !Number.isNaN(x[place]!)),
  };
}

/** Curves that are held, to be known again. */
const heldCurves = 64;

interface HeldCurve {
  version: number;
  benchmarks: Source['benchmarks'];
  curve: NamedRunCurve;
}

export class RunColumns {
  readonly #held = new Map<string, HeldCurve>();

  constructor(private readonly run: Source) {}

  /** The same object as long as the run has nothing new. Its values are good until then. */
  curve(key: CurveKey, axis: CurveAxis): NamedRunCurve {
    const { columns, benchmarks } = this.run;
    const name = JSON.stringify([key.benchmark, key.metric, axis]);
    const known = this.#held.get(name);
    if (known && known.version === columns.version && known.benchmarks === benchmarks) return known.curve;
    const curve = this.#curve(key, axis);
    if (this.#held.size >= heldCurves) this.#held.clear();
    this.#held.set(name, { version: columns.version, benchmarks, curve });
    return curve;
  }

  #curve({ benchmark, metric }: CurveKey, axis: CurveAxis): NamedRunCurve {
    const { id, manifest } = this.run.summary;
    const named = { id, seed: manifest.seed };
    if (benchmark === '') return { ...named, ...placed(this.#axis(axis), this.#column(metric)) };
    const records = this.run.benchmarks.filter((record) => record.benchmark === benchmark);
    const steps = Float64Array.from(records, ({ step }) => step);
    const x = axis === 'step' ? steps : steps.map((step) => this.#at(step, axis));
    return {
      ...named,
      ...placed(
        x,
        Float64Array.from(records, (record) => numberOf(record, metric)),
      ),
    };
  }

  /** Tokens, or seconds of training without pauses, after a step; 0 before the first. */
  #at(step: number, axis: CurveAxis): number {
    const steps = this.#column('step');
    const place = lowerBound(steps, step + 0.5) - 1;
    return place < 0 ? 0 : this.#axis(axis)[place]!;
  }

  #axis(axis: CurveAxis): Float64Array {
    if (axis === 'step') return this.#column('step');
    if (axis === 'tokens') return this.#column('num_tokens');
    let seconds = 0;
    return this.#column('step_time').map((time) => {
      if (!Number.isNaN(time)) seconds += time;
      return seconds;
    });
  }

  /** A view: what is appended later may move the values. */
  #column(name: string): Float64Array {
    const { columns } = this.run;
    return columns.column(name) ?? new Float64Array(columns.length).fill(Number.NaN);
  }
}
